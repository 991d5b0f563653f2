using System.Collections.Concurrent;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Controls;

/// <summary>A freeze beats every grant not yet committed when it was acknowledged, on every replica (R23).</summary>
public sealed class FreezeRaceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task No_grant_of_any_replica_is_committed_after_the_freeze_returned_that_it_did_not_know()
    {
        await using var one = await Replica.OpenAsync("postgres", postgres);
        await using var two = await one.AnotherAsync();
        var opened = new ConcurrentBag<string>();
        using var stop = new CancellationTokenSource();
        var granting = new[] { one, two, one, two }.Select((replica, i) => Task.Run(async () =>
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                var facts = await replica.Controls.ReadAsync(default);
                if (facts.Freezes.Count > 0) continue;
                var lease = SomeLease.Lease(replica) with { WorkloadId = $"w{i}-{n}" };
                if (await replica.CodeAsync(new EpochGuard(facts.Epoch), new LeaseOpen(lease, 1)) is null) opened.Add(lease.Id);
            }
        })).ToArray();

        var frozen = 0;
        for (var round = 0; round < 200; round++)
        {
            var freeze = await (round % 2 == 0 ? one : two).Controls.FreezeAsync("template=orders-read", "drill", "alice", null);
            var count = await CountAsync();
            // What was in flight when the freeze returned has time to do wrong.
            if (round % 10 == 0) await Task.Delay(2);
            else await two.Controls.ReadEpochAsync(default);
            Assert.Equal(count, await CountAsync());
            frozen += count > 0 ? 1 : 0;
            await one.Controls.LiftFreezeAsync(freeze.Id, "alice");
            if (round % 10 == 5)
            {
                var before = opened.Count;
                using var limit = new CancellationTokenSource(Replica.Patience);
                while (opened.Count == before) await Task.Delay(1, limit.Token);
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(granting).WaitAsync(Replica.Patience);
        Assert.True(frozen > 100, "freezes and grants hardly met");
        Assert.Equal(opened.Count, await CountAsync());

        Task<long> CountAsync() => one.NumberAsync("SELECT count(*) FROM leases");
    }
}
