using System.Diagnostics;
using Npgsql;

namespace CredentialBroker.TestInfra;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task A_server_is_durable_and_keeps_its_data_over_a_stop_and_a_crash()
    {
        await using var server = await PostgresServer.StartAsync();
        Assert.InRange(server.Port, 1024, 32767);
        var database = await server.CreateDatabaseAsync("kept");
        Assert.Equal("on", await ScalarAsync(database, "SHOW fsync"));
        Assert.Equal("10", await ScalarAsync(database, "SHOW max_prepared_transactions"));
        await ScalarAsync(database, "CREATE TABLE t (n int); INSERT INTO t VALUES (7)");

        await server.StopAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(database, "SELECT 1"));
        await server.StartAgainAsync();
        Assert.Equal(7, await ScalarAsync(database, "SELECT n FROM t"));

        await ScalarAsync(database, "UPDATE t SET n = 8");
        await server.CrashAsync();
        await server.StartAgainAsync();
        Assert.Equal(8, await ScalarAsync(database, "SELECT n FROM t"));
    }

    [Fact]
    public async Task A_disposed_server_leaves_no_process_and_no_folder()
    {
        var server = await PostgresServer.StartAsync();
        var folder = Path.GetDirectoryName(server.DataDir)!;
        var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(server.DataDir, "postmaster.pid")))[0], null);
        await server.DisposeAsync();
        Assert.False(Directory.Exists(folder));
        Assert.False(File.Exists(folder + ".lock"));
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(pid));
    }

    internal static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        // Without a pool: a stopped server leaves dead connections in one.
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }
}

[Collection("postgres")]
public sealed class PostgresFixtureTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Every_test_gets_a_database_of_its_own()
    {
        var one = await postgres.NewDatabaseAsync();
        var other = await postgres.NewDatabaseAsync();
        await PostgresServerTests.ScalarAsync(one, "CREATE TABLE t (n int)");
        Assert.Equal(DBNull.Value, await PostgresServerTests.ScalarAsync(other, "SELECT to_regclass('t')::text"));
    }

    [Fact]
    public async Task A_template_is_prepared_once_and_copied()
    {
        var prepared = 0;
        async Task PrepareAsync(string connectionString)
        {
            prepared++;
            await using var pooled = new NpgsqlConnection(connectionString);
            await pooled.OpenAsync();
            await using var command = new NpgsqlCommand("CREATE TABLE t AS SELECT 5 AS n", pooled);
            await command.ExecuteNonQueryAsync();
        }

        var one = await postgres.NewDatabaseAsync("copied", PrepareAsync);
        await PostgresServerTests.ScalarAsync(one, "UPDATE t SET n = 6");
        var other = await postgres.NewDatabaseAsync("copied", PrepareAsync);
        Assert.Equal(5, await PostgresServerTests.ScalarAsync(other, "SELECT n FROM t"));
        Assert.Equal(1, prepared);
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_committed_and_one_that_was_detached_commits_late()
    {
        var direct = await postgres.NewDatabaseAsync();
        await PostgresServerTests.ScalarAsync(direct, "CREATE TABLE t (n int)");
        await using var proxy = TcpProxy.Start((await postgres.ServerAsync()).Port);
        var proxied = new NpgsqlConnectionStringBuilder(direct) { Port = proxy.Port, Pooling = false }.ConnectionString;

        var lost = proxy.LoseAnswerToNextClientBytesMatching(TcpProxy.PostgresCommit);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => InsertAsync(proxied));
        await lost;
        Assert.Equal(1L, await PostgresServerTests.ScalarAsync(direct, "SELECT count(*) FROM t"));

        _ = proxy.DetachNextClientBytesMatching(TcpProxy.PostgresCommit);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => InsertAsync(proxied));
        Assert.Equal(1L, await PostgresServerTests.ScalarAsync(direct, "SELECT count(*) FROM t"));
        proxy.Resume();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!Equals(2L, await PostgresServerTests.ScalarAsync(direct, "SELECT count(*) FROM t")))
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static async Task InsertAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("INSERT INTO t VALUES (1)", connection, transaction);
        await command.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }
}
