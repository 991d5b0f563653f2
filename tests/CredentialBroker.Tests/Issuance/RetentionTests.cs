using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Issuance;

public sealed class RetentionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Rows_that_nothing_depends_on_go_when_they_are_old_and_no_sooner(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var clock = (HeldClock)replica.Clock;
        var retention = new Retention(replica.Store, replica.Journal, new RetentionOptions(), clock);
        var now = clock.NowMs();
        var approval = Ids.New(clock);
        await replica.ExecuteAsync($"INSERT INTO claims (key, body_hash, lease_id, claimed_at) VALUES ('k', 'h', 'l', {now})");
        await replica.ExecuteAsync($"INSERT INTO ended_tasks (task, ended_at, ended_by) VALUES ('t', {now}, 'x')");
        await replica.ExecuteAsync($"""
            INSERT INTO approvals (id, source, reference, state, environment, templates, workload_uri, binding, facts, tier, approvers, received_at, claim_by, valid_until, max_uses, uses)
            VALUES ('{approval}', 's', 'r', 1, 'e', '[]', 'w', 1, '[]', 'low', '[]', {now}, {now}, {now}, 1, 0)
            """);
        await replica.ExecuteAsync($"INSERT INTO approval_uses (approval_id, instance, used_at) VALUES ('{approval}', 'i', {now})");
        foreach (var id in new[] { "idle", "leased" })
        {
            await replica.ExecuteAsync($"""
                INSERT INTO workloads (id, source, kind, uri, subject, instance, strength, attributes, seen_at) VALUES ('{id}', 's', 'k', 'u', 'sub', 'i', 1, '[]', {now})
                """);
        }

        foreach (var (table, workload) in new[] { ("leases", "leased"), ("ended_leases", "idle") })
        {
            await replica.ExecuteAsync($"""
                INSERT INTO {table} (id, state, template, template_revision, backend, target, environment, workload_id, task, approval_id, decision_id, created_at, ends_at,
                    ends_because, max_ends_at, dies_by, handle, revocability, attempts, ended_at)
                VALUES ('{table}', 2, 't', 'r', 'b', 'x', 'e', '{workload}', 'k', 'other', 'd', {now}, {now}, 'ttl', {now}, {now}, 'h', 1, 0, {now})
                """);
        }

        async Task<string> LeftAsync(TimeSpan after)
        {
            clock.Advance(after);
            await retention.RunAsync(default);
            var left = new List<string>();
            foreach (var table in new[] { "claims", "ended_tasks", "ended_leases", "approvals", "approval_uses", "workloads", "leases" }) left.Add($"{await replica.NumberAsync($"SELECT count(*) FROM {table}")}");
            return string.Concat(left);
        }

        Assert.Equal("1111121", await LeftAsync(TimeSpan.FromHours(23)));
        Assert.Equal("0111121", await LeftAsync(TimeSpan.FromHours(2)));
        Assert.Equal("0011121", await LeftAsync(TimeSpan.FromDays(7)));
        Assert.Equal("0000021", await LeftAsync(TimeSpan.FromDays(83)));
        Assert.Equal("0000011", await LeftAsync(TimeSpan.FromDays(10)));
        Assert.Equal(1, await replica.NumberAsync("SELECT count(*) FROM workloads WHERE id = 'leased'"));
    }

    [Fact]
    public async Task More_than_a_slice_goes_too()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        var clock = (HeldClock)replica.Clock;
        await replica.ExecuteAsync($"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO claims (key, body_hash, lease_id, claimed_at) SELECT 'k' || i, 'h', 'l', {clock.NowMs()} FROM n");
        clock.Advance(TimeSpan.FromDays(2));
        await new Retention(replica.Store, replica.Journal, new RetentionOptions(), clock).RunAsync(default);
        Assert.Equal(0, await replica.NumberAsync("SELECT count(*) FROM claims"));
    }

    [Fact]
    public async Task Ten_thousand_requests_that_prove_nothing_leave_a_record_for_each_code()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        using var meters = new Meters();
        var metrics = new BrokerMetrics(meters);
        var refusals = new Refusals(replica.Journal, replica.Chain, metrics, replica.Clock);
        string[] codes = [ReasonCodes.EvidenceMissing, ReasonCodes.EvidenceUntrustedIssuer, ReasonCodes.EvidenceAudience];
        Parallel.For(0, 10_000, i => Assert.IsType<IssueResult.Refused>(refusals.Unproven("claim", new Attested.Refused(codes[i % 3], $"garbage {i}"))));
        await refusals.FlushAsync();
        await refusals.FlushAsync();
        var lines = await replica.Audit.NewestAsync(new AuditQuery(null, "attestation.failed", null, null), 100, default);
        Assert.Equal(3, lines.Count);
        Assert.Equal(10_000, lines.Sum(line => System.Text.Json.JsonDocument.Parse(line.Body).RootElement.GetProperty("count").GetInt64()));
    }
}
