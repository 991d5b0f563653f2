using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Leases;

public sealed class LeaseTallyTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly Approvals.HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_is_late_is_counted_with_and_without_failed_attempts(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        var store = new LeaseStore(replica.Store);
        var now = _clock.NowMs();
        Assert.Equal((0, 0, null), await store.CountLateAsync(now, default));
        await SomeLease.OpenAsync(replica, l => l with { DueAt = now + 5, Target = "a" });
        Assert.Equal((0, 0, now + 5), await store.CountLateAsync(now, default));
        foreach (var target in new[] { "a", "b" }) await SomeLease.OpenAsync(replica, l => l with { DueAt = now - 60_001, Target = target });
        await SomeLease.OpenAsync(replica, l => l with { DueAt = now - 59_000, Target = "b" });
        Assert.Equal((2, 0, now - 60_001), await store.CountLateAsync(now, default));

        // Tried and failed: what is next due is no measure of how late it is.
        foreach (var attempts in new[] { 1, Lease.StuckAfter })
        {
            await SomeLease.OpenAsync(replica, l => l with { State = LeaseState.Ending, Attempts = attempts, EndsAt = now - 61_000, DueAt = now + 300_000 });
        }

        Assert.Equal((4, 1, now - 60_001), await store.CountLateAsync(now, default));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Many_leases_are_counted_a_page_at_a_time(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres, clock: _clock);
        using var meters = new Meters();
        var tally = new LeaseTally(new LeaseStore(replica.Store), meters);
        var lease = await SomeLease.OpenAsync(replica);
        await replica.ExecuteAsync($"""
            INSERT INTO leases ({LeaseColumns.List})
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
            SELECT {LeaseColumns.List.Replace("id,", "id || '-' || CAST(n.i AS text),", StringComparison.Ordinal)} FROM leases, n
            """);
        await tally.SampleAsync(_clock.NowMs(), default);
        Assert.Null(tally.Last.Live);
        await tally.SampleAsync(_clock.NowMs(), default);
        Assert.Equal((6000, _clock.NowMs()), (tally.Last.Live, tally.Last.CountedAt));

        // A count that is under way leaves the last one standing.
        await replica.ExecuteAsync("DELETE FROM leases WHERE id <> @id", ("id", lease.Id));
        await tally.SampleAsync(_clock.NowMs(), default);
        Assert.Equal(1, tally.Last.Live);
    }
}
