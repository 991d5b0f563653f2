using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Leases;

/// <summary>Two replicas on one store, each move at the same moment on both.</summary>
public sealed class LeaseRaceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Rounds = 100;
    private readonly Approvals.HeldClock _clock = new();

    [Fact]
    public async Task Of_two_replicas_that_race_for_the_last_lease_of_a_limit_one_gets_it()
    {
        await using var one = await OpenAsync("postgres", postgres, clock: _clock);
        await using var two = await one.AnotherAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var workload = $"w{round}";
            var codes = await Task.WhenAll(new[] { one, two }.Select(r => r.CodeAsync(new LeaseOpen(SomeLease.Lease(r) with { WorkloadId = workload }, 1))));
            Assert.Equal([null, ReasonCodes.ConcurrentLeases], codes.Order());
        }

        Assert.Equal(Rounds, await one.NumberAsync("SELECT count(*) FROM leases"));
    }

    [Fact]
    public async Task An_end_is_never_undone_by_a_renewal_that_raced_it()
    {
        await using var one = await OpenAsync("postgres", postgres, clock: _clock);
        await using var two = await one.AnotherAsync();
        var now = _clock.NowMs();
        var renewed = new Renewed(now + 900_000, Causes.Ttl, now + 900_000, null, null);
        for (var round = 0; round < Rounds; round++)
        {
            var lease = await SomeLease.ActiveAsync(one, l => l with { WorkloadId = $"w{round}" });
            Assert.Null(await one.CodeAsync(LeaseMoves.BeginRenew(lease.Id, "op-2", now, now + 60_000)));
            var renewal = one.CodeAsync(round % 2 == 0 ? LeaseMoves.Renew(lease.Id, "op-2", now, renewed) : LeaseMoves.Reissue(lease.Id, now, renewed));
            var end = two.CodeAsync(LeaseMoves.EndNow(lease.Id, now, Causes.Revoked));
            Assert.Null(await end);
            Assert.Contains(await renewal, new[] { null, ReasonCodes.LeaseOver });
            var found = (await SomeLease.FindAsync(one, lease.Id))!;
            Assert.Equal((now, now, Causes.Revoked), (found.EndsAt, found.DueAt, found.EndsBecause));
        }
    }

    [Fact]
    public async Task The_end_of_a_task_is_never_undone_by_an_activation_that_raced_it()
    {
        await using var one = await OpenAsync("postgres", postgres, clock: _clock);
        await using var two = await one.AnotherAsync();
        var now = _clock.NowMs();
        for (var round = 0; round < Rounds; round++)
        {
            var lease = await SomeLease.OpenAsync(one, l => l with { Task = $"job/{round}" });
            var activation = one.CodeAsync(SomeLease.Activate(one, lease));
            Assert.Null(await two.CodeAsync(LeaseStore.EndAllOf("task", lease.Task, now, Causes.TaskEnd)));
            await activation;
            Assert.Equal(now, (await SomeLease.FindAsync(one, lease.Id))!.EndsAt);
        }
    }

    [Fact]
    public async Task An_idempotency_key_and_one_time_evidence_are_taken_by_one_of_two_replicas()
    {
        await using var one = await OpenAsync("postgres", postgres, clock: _clock);
        await using var two = await one.AnotherAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var key = $"k{round}";
            var keys = await Task.WhenAll(new[] { one, two }.Select(r => r.CodeAsync(new ClaimKey(key, "h", r.Journal.Writer, 1))));
            Assert.Equal([null, ClaimKey.Taken], keys.Order());
            var uses = await Task.WhenAll(new[] { one, two }.Select(r => r.CodeAsync(new Attestation.EvidenceUse(key, 1))));
            Assert.Equal([null, ReasonCodes.EvidenceReplayed], uses.Order());
        }
    }

    [Fact]
    public async Task Two_ends_of_one_lease_are_one_end()
    {
        await using var one = await OpenAsync("postgres", postgres, clock: _clock);
        await using var two = await one.AnotherAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var lease = await SomeLease.OpenAsync(one);
            var codes = await Task.WhenAll(
                one.Journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(lease.Id, _clock.NowMs(), Causes.Revoked)),
                two.Journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(lease.Id, _clock.NowMs(), Causes.Incident))).WaitAsync(Patience);
            Assert.Equal([null, ReasonCodes.LeaseOver], codes.Select(c => c?.Code).Order());
        }
    }
}
