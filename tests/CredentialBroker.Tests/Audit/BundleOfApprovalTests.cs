using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Audit.Bundles;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Audit;

/// <summary>Which records of an approval a lease's bundle holds: those that name it, whenever they were written, and no other approval's.</summary>
public sealed class BundleOfApprovalTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R37_Of_two_approvals_told_in_turns_a_lease_shows_its_own(string provider)
    {
        await using var replica = await Replica.OpenAsync(provider, postgres);
        using var rig = new EvidenceRig(replica);
        var clock = (HeldClock)replica.Clock;
        var (mine, other, lease) = (Ids.New(clock), Ids.New(clock), Ids.New(clock));
        foreach (var what in new[] { "approval.received", "approval.reaffirmed", "breakglass.reviewed", "approval.withdrawn" })
        {
            // Beside each other in time, an hour from the next, and the other one even speaks of this one.
            await TellAsync(Of(what, Streams.Control, mine, null, "mine"), Of(what, Streams.Control, other, null, $"instead of {mine}"));
            if (what == "approval.received") await TellAsync(Of("credential.issued", Streams.Issuance, mine, lease), Of("credential.issued", Streams.Issuance, other, Ids.New(clock)));
            clock.Advance(TimeSpan.FromHours(1));
        }

        // Under the same approval: another lease, and a claim that was refused. Neither is about the approval.
        await TellAsync(Of("credential.issued", Streams.Issuance, mine, Ids.New(clock)), Of("credential.decision", Streams.Issuance, mine, null), Of("credential.revoked", Streams.Issuance, mine, lease));
        string[] expected = ["approval.reaffirmed", "approval.received", "approval.withdrawn", "breakglass.reviewed", "credential.issued", "credential.revoked"];
        Assert.Equal(expected, await TypesAsync());

        // Records from before the column was there are found by what the migration reads from their bodies.
        await replica.ExecuteAsync("UPDATE audit SET approval = NULL");
        Assert.Equal(["credential.issued", "credential.revoked"], await TypesAsync());
        await replica.ExecuteAsync(Migration().Split(';').Single(s => s.Contains("UPDATE audit", StringComparison.Ordinal)));
        Assert.Equal(expected, await TypesAsync());

        AuditEvent Of(string type, string stream, string approval, string? of, string? detail = null) =>
            AuditEvent.Of(clock, type, stream) with { Approval = approval, Lease = of, Detail = detail };
        async Task TellAsync(params AuditEvent[] events) => Assert.Null(await replica.CodeAsync([.. events.Select(e => e.On(replica.Chain))]));
        async Task<IEnumerable<string>> TypesAsync()
        {
            var records = (await rig.Bundles.OfLeaseAsync(lease, default)).ConvertAll(line => JsonDocument.Parse(line.Body).RootElement);
            Assert.All(records, record => Assert.Equal(mine, record.GetProperty("approval").GetString()));
            return records.Select(record => record.GetProperty("type").GetString()!).Order(StringComparer.Ordinal);
        }
    }

    [Fact]
    public async Task Of_an_approval_that_was_reaffirmed_without_end_its_beginning_and_its_end_are_shown()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres);
        using var rig = new EvidenceRig(replica);
        var clock = (HeldClock)replica.Clock;
        var (approval, lease) = (Ids.New(clock), Ids.New(clock));
        var told = Enumerable.Range(0, BundleMaker.MostOfApproval + 50).Select(i =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            return AuditEvent.Of(clock, "approval.reaffirmed", Streams.Control) with { Approval = approval, Count = i };
        }).ToList();
        Assert.Null(await replica.CodeAsync([.. told.Select(e => e.On(replica.Chain)), (AuditEvent.Of(clock, "credential.issued", Streams.Issuance) with { Approval = approval, Lease = lease }).On(replica.Chain)]));
        var shown = (await rig.Bundles.OfLeaseAsync(lease, default)).Select(line => JsonDocument.Parse(line.Body).RootElement)
            .Where(r => r.TryGetProperty("count", out _)).Select(r => r.GetProperty("count").GetInt64()).Order().ToList();
        const int half = BundleMaker.MostOfApproval / 2;
        Assert.Equal([.. Enumerable.Range(0, half).Select(i => (long)i), .. Enumerable.Range(told.Count - half, half).Select(i => (long)i)], shown);
    }

    private static string Migration()
    {
        using var reader = new StreamReader(typeof(Migrator).Assembly.GetManifestResourceStream("Migrations/0012.sql")!);
        return reader.ReadToEnd();
    }
}
