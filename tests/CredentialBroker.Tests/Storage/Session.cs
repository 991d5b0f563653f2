using Npgsql;

namespace CredentialBroker.Storage;

/// <summary>Somebody else's session on the same PostgreSQL, with an open transaction.</summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private Session(NpgsqlConnection connection) => _connection = connection;

    public static async Task<Session> BeginAsync(string text, params string[] statements)
    {
        var session = new Session(new NpgsqlConnection(text));
        await session._connection.OpenAsync();
        await session.RunAsync("BEGIN");
        foreach (var statement in statements) await session.RunAsync(statement);
        return session;
    }

    public async Task RunAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Waits until a journal on this database waits for a lock.</summary>
    public Task UntilJournalWaitsAsync() => UntilJournalsWaitAsync(1);

    public async Task UntilJournalsWaitAsync(int count)
    {
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'credbroker journal' AND wait_event_type = 'Lock'", _connection);
        using var limit = new CancellationTokenSource(Replica.Patience);
        // What a transaction saw of the others it would go on seeing.
        await RunAsync("SELECT pg_stat_clear_snapshot()");
        while ((long)(await command.ExecuteScalarAsync(limit.Token))! < count) {
            await Task.Delay(5, limit.Token);
            await RunAsync("SELECT pg_stat_clear_snapshot()");
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
