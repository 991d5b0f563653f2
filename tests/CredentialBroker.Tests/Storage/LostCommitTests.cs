using System.Text;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Npgsql;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

/// <summary>The wire breaks around a commit. What the caller hears is the truth, and nothing happens twice or late.</summary>
public sealed class LostCommitTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    public enum Break
    {
        AnswerLost,
        CutBefore,
        CutAfter,
    }

    [Theory]
    [InlineData(Break.AnswerLost), InlineData(Break.CutBefore), InlineData(Break.CutAfter)]
    public async Task A_unit_whose_commit_broke_is_there_exactly_once(Break how)
    {
        await using var wire = await Wire.OpenAsync(postgres);
        // Statements change their form on the wire once they are prepared: broken early and late.
        for (var round = 0; round < 6; round++)
        {
            var before = await wire.Replica.BatchAsync();
            var pattern = Encoding.UTF8.GetBytes($"broken-{round}");
            var fired = how switch
            {
                Break.AnswerLost => wire.Proxy.LoseAnswerToNextClientBytesMatching(pattern),
                Break.CutBefore => wire.Proxy.CutBeforeNextClientBytesMatching(pattern),
                _ => wire.Proxy.CutAfterNextClientBytesMatching(pattern),
            };
            var codes = await wire.Replica.TogetherAsync([Thing($"a{round}")], [Thing($"broken-{round}"), Plus()], [Thing($"never{round}"), new Never()]);
            await fired.WaitAsync(Patience);
            Assert.Equal([null, null, "never"], codes);
            Assert.Null(await wire.Replica.CodeAsync(Thing($"next{round}")));
            // What stood was read back and not sent again; what did not stand gave its number away and was sent under another.
            var used = await wire.Replica.BatchAsync() - before;
            if (how == Break.AnswerLost) Assert.Equal(3, used);
            else if (how == Break.CutBefore) Assert.Equal(5, used);
        }

        Assert.Equal(19, await wire.Replica.ThingsAsync());
        Assert.Equal(6, await wire.Replica.NumberAsync("SELECT n FROM things WHERE id = 'counter'"));
    }

    [Fact]
    public async Task A_commit_that_arrives_after_it_was_given_up_does_nothing()
    {
        await using var wire = await Wire.OpenAsync(postgres);
        var detached = wire.Proxy.DetachNextClientBytesMatching("late-marker"u8.ToArray());
        // No key of its own would keep this from happening twice.
        Assert.Null(await wire.Replica.CodeAsync(Plus(), Said("late-marker")));
        await detached.WaitAsync(Patience);
        Assert.Equal(1, await wire.CounterAsync());

        wire.Proxy.Resume();
        await wire.Proxy.DeliveredAsync().WaitAsync(Patience);
        await wire.UntilTheLateOneFailedAsync();
        Assert.Equal(1, await wire.CounterAsync());
        Assert.Null(await wire.Replica.CodeAsync(Plus()));
        Assert.Equal(2, await wire.CounterAsync());
    }

    [Fact]
    public async Task A_commit_that_arrives_after_its_caller_heard_of_a_failure_does_nothing()
    {
        await using var wire = await Wire.OpenAsync(postgres);
        var first = wire.Proxy.DetachNextClientBytesMatching("late-marker"u8.ToArray());
        var second = wire.Proxy.CutBeforeNextClientBytesMatching("late-marker"u8.ToArray());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => wire.Replica.CommitAsync(Plus(), Said("late-marker")));
        await Task.WhenAll(first, second).WaitAsync(Patience);

        wire.Proxy.Resume();
        await wire.Proxy.DeliveredAsync().WaitAsync(Patience);
        await wire.UntilTheLateOneFailedAsync();
        Assert.Equal(0, await wire.CounterAsync());
        Assert.Null(await wire.Replica.CodeAsync(Plus()));
        Assert.Equal(1, await wire.CounterAsync());
    }

    [Fact]
    public async Task An_idle_connection_that_died_is_replaced_unnoticed()
    {
        await using var wire = await Wire.OpenAsync(postgres);
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(await wire.Replica.CodeAsync(Plus()));
            wire.Proxy.CutAll();
        }

        Assert.Equal(5, await wire.CounterAsync());
    }

    [Fact]
    public async Task When_the_store_never_says_whether_a_commit_stands_the_caller_hears_that_and_later_work_goes_on()
    {
        await using var wire = await Wire.OpenAsync(postgres, new HurriedClock());
        var lost = wire.Proxy.LoseAnswerToNextClientBytesMatching("unknown-marker"u8.ToArray());
        var unit = wire.Replica.CommitAsync(Plus(), Said("unknown-marker"));
        wire.Proxy.Refuse(true);
        await lost.WaitAsync(Patience);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => unit);
        wire.Proxy.Refuse(false);
        for (var i = 0; i < 3; i++) Assert.Null(await wire.Replica.CodeAsync(Plus()));
        Assert.Equal(4, await wire.CounterAsync());
    }

    private static PlainWrite Plus() => new("UPDATE things SET n = n + 1 WHERE id = 'counter'");

    private static PlainWrite Said(string what) => new("UPDATE things SET said = @said WHERE id = 'counter'", ("said", what));

    /// <summary>A replica that reaches its store through a proxy.</summary>
    private sealed class Wire : IAsyncDisposable
    {
        private Wire(TcpProxy proxy, Replica replica) => (Proxy, Replica) = (proxy, replica);

        public TcpProxy Proxy { get; }

        public Replica Replica { get; }

        public static async Task<Wire> OpenAsync(PostgresFixture postgres, TimeProvider? clock = null)
        {
            var direct = await postgres.NewDatabaseAsync("journal", PrepareAsync);
            var proxy = TcpProxy.Start((await postgres.ServerAsync()).Port);
            var through = new NpgsqlConnectionStringBuilder(direct) { Port = proxy.Port, Pooling = false };
            var replica = await OnAsync(through.ConnectionString, clock: clock);
            Assert.Null(await replica.CodeAsync(Thing("counter")));
            return new Wire(proxy, replica);
        }

        public Task<long> CounterAsync() => Replica.NumberAsync("SELECT n FROM things WHERE id = 'counter'");

        /// <summary>Waits until the session that was given up has tried to write, and failed.</summary>
        public async Task UntilTheLateOneFailedAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            while (await Replica.NumberAsync(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'credbroker journal' AND state = 'idle in transaction (aborted)'") == 0)
            {
                await Task.Delay(10, limit.Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Replica.DisposeAsync();
            await Proxy.DisposeAsync();
        }
    }
}
