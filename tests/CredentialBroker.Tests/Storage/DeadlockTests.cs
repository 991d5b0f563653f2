using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

public sealed class DeadlockTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_batch_that_loses_a_deadlock_is_tried_again()
    {
        await using var replica = await OpenAsync("postgres", postgres);
        Assert.Null(await replica.CodeAsync(Thing("a"), Thing("b")));
        // The journal gives up its own transaction first: the other session waits longer before it looks for a deadlock.
        await using var other = await Session.BeginAsync(replica.Options.ConnectionString!, "SET deadlock_timeout = '30s'", "UPDATE things SET n = 10 WHERE id = 'b'");
        var unit = replica.Journal.CommitAsync(Lane.Issuing,
            new PlainWrite("UPDATE things SET n = n + 1 WHERE id = 'a'"), new PlainWrite("UPDATE things SET n = n + 1 WHERE id = 'b'"));
        await other.UntilJournalWaitsAsync();
        await other.RunAsync("UPDATE things SET n = 10 WHERE id = 'a'");
        await other.RunAsync("COMMIT");
        Assert.Null(await unit.WaitAsync(Patience));
        Assert.Equal(22, await replica.NumberAsync("SELECT sum(n)::bigint FROM things"));
        Assert.Equal(1, await replica.NumberAsync("SELECT count(*) FROM pg_stat_database WHERE datname = current_database() AND deadlocks = 1"));
    }

    [Fact]
    public async Task Two_replicas_that_name_the_same_locks_in_other_orders_do_not_deadlock()
    {
        await using var one = await OpenAsync("postgres", postgres);
        await using var two = await one.AnotherAsync();
        var names = Enumerable.Range(0, 20).Select(i => $"lock{i}").ToArray();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            var keys = i % 2 == 0 ? names : [.. names.Reverse()];
            Assert.Null(await (i % 2 == 0 ? one : two).CodeAsync([.. keys.Skip(i % 7).Take(5).Select(k => new OncePerBatch(k)), Thing($"t{i}")]));
        })));
        Assert.Equal(200, await one.ThingsAsync());
        Assert.Equal(1, await one.NumberAsync("SELECT count(*) FROM pg_stat_database WHERE datname = current_database() AND deadlocks = 0"));
    }

    [Fact]
    public async Task A_busy_SQLite_is_waited_for()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        await using var other = replica.Store.OpenWriter();
        await Statements.RunAsync(other, [new Statement("BEGIN IMMEDIATE")], default);
        var unit = replica.Journal.CommitAsync(Lane.Issuing, Thing("a"));
        await Task.Delay(50);
        Assert.False(unit.IsCompleted);
        await Statements.RunAsync(other, [new Statement("ROLLBACK")], default);
        Assert.Null(await unit.WaitAsync(Patience));
    }
}
