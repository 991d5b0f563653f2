using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Npgsql;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

/// <summary>A store that cannot be written makes units fail as unavailable, never as rejected, and writing resumes by itself.</summary>
public sealed class StoreReadOnlyTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_read_only_PostgreSQL_is_unavailable_until_it_can_be_written_again()
    {
        await using var replica = await OpenAsync("postgres", postgres);
        Assert.Null(await replica.CodeAsync(Thing("before")));
        var name = new NpgsqlConnectionStringBuilder(replica.Options.ConnectionString).Database;
        await replica.ExecuteAsync($"ALTER DATABASE \"{name}\" SET default_transaction_read_only = on");
        await EndSessionsAsync();
        await FailsAsync(replica);
        await using (var writable = await Session.BeginAsync(replica.Options.ConnectionString!, "SET TRANSACTION READ WRITE", $"ALTER DATABASE \"{name}\" SET default_transaction_read_only = off"))
        {
            await writable.RunAsync("COMMIT");
        }

        await EndSessionsAsync();
        Assert.Null(await replica.CodeAsync(Thing("after")));
        Assert.Equal(2, await replica.ThingsAsync());

        Task EndSessionsAsync() => replica.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'credbroker journal'");
    }

    [Fact]
    public async Task A_full_SQLite_is_unavailable_until_there_is_room()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        var store = (FaultySqlite)replica.Store;
        Assert.Null(await replica.CodeAsync(Thing("before")));
        store.Set($"PRAGMA max_page_count = {await replica.NumberAsync("PRAGMA page_count") + 2}");
        var large = Thing("large", said: new string('x', 100_000));
        for (var i = 0; i < 3; i++) await Assert.ThrowsAsync<StoreUnavailableException>(() => replica.CommitAsync(large));
        Assert.Null(await replica.CodeAsync(Thing("small")));
        store.Set("PRAGMA max_page_count = 1000000");
        Assert.Null(await replica.CodeAsync(large));
        Assert.Equal(["before", "large", "small"], (await replica.ThingIdsAsync()).Order());
    }

    [Fact]
    public async Task A_read_only_SQLite_is_unavailable_until_it_can_be_written_again()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        var store = (FaultySqlite)replica.Store;
        Assert.Null(await replica.CodeAsync(Thing("before")));
        store.Set("PRAGMA query_only = on");
        await FailsAsync(replica);
        store.Set("PRAGMA query_only = off");
        Assert.Null(await replica.CodeAsync(Thing("after")));
        Assert.Equal(2, await replica.ThingsAsync());
    }

    [Fact]
    public async Task A_writer_that_vanished_in_the_middle_loses_its_locks_soon()
    {
        await using var replica = await OpenAsync("postgres", postgres);
        await using var writer = replica.Store.OpenWriter();
        await using var command = writer.CreateCommand();
        command.CommandText = "SHOW idle_in_transaction_session_timeout";
        Assert.Equal("30s", await command.ExecuteScalarAsync());
    }

    private static async Task FailsAsync(Replica replica)
    {
        for (var i = 0; i < 3; i++) await Assert.ThrowsAsync<StoreUnavailableException>(() => replica.CommitAsync(Thing($"never{i}")));
    }
}
