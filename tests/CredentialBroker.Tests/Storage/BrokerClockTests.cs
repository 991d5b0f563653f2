using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

public sealed class BrokerClockTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Replicas_whose_clocks_differ_by_minutes_agree_on_the_databases_time(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        var (early, late) = (new Skewed(TimeSpan.FromMinutes(-1)), new Skewed(TimeSpan.FromMinutes(5)));
        var (one, two) = (new BrokerClock(early), new BrokerClock(late));
        Assert.InRange(two.NowMs() - one.NowMs(), 355_000, 365_000);

        var window = Math.Max(await ObserveAsync(replica, one, early), await ObserveAsync(replica, two, late));
        var before = one.NowMs();
        var database = await ReadAsync(replica);
        var after = two.NowMs();
        // No reading can be better than the time it took.
        Assert.InRange(database, before - window, after + window);
    }

    [Fact]
    public void The_database_was_read_half_way_between_the_two_readings_of_this_machine()
    {
        var machine = new Approvals.HeldClock();
        var clock = new BrokerClock(machine);
        var now = machine.GetUtcNow();
        clock.Observe(now.AddMilliseconds(-10), now.ToUnixTimeMilliseconds() + 60_000, now.AddMilliseconds(10));
        Assert.Equal(now.AddMinutes(1), clock.GetUtcNow());
        // A later reading replaces the earlier one.
        clock.Observe(now, now.ToUnixTimeMilliseconds() - 60_000, now);
        Assert.Equal(now.AddMinutes(-1), clock.GetUtcNow());
    }

    private static async Task<long> ObserveAsync(Replica replica, BrokerClock clock, TimeProvider machine)
    {
        var before = machine.GetUtcNow();
        var database = await ReadAsync(replica);
        var after = machine.GetUtcNow();
        clock.Observe(before, database, after);
        return (long)(after - before).TotalMilliseconds + 2;
    }

    private static Task<long> ReadAsync(Replica replica) => replica.NumberAsync(replica.Store.Dialect.ReadClock);

    private sealed class Skewed(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
