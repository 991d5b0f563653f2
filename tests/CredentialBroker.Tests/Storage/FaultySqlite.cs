using System.Data.Common;

namespace CredentialBroker.Storage;

/// <summary>An embedded store whose writer can be told to fail, as a full or read-only disk would make it.</summary>
internal sealed class FaultySqlite(SqliteStore inner) : Store
{
    private DbConnection? _writer;
    private string _pragma = "PRAGMA query_only = off";

    public override Dialect Dialect => inner.Dialect;

    protected override ValueTask<DbConnection> BorrowAsync(Pool pool, CancellationToken cancel) => inner.OpenWriterAsync(cancel);

    protected override ValueTask ReturnAsync(DbConnection connection) => connection.DisposeAsync();

    public override async ValueTask<DbConnection> OpenWriterAsync(CancellationToken cancel)
    {
        _writer = await inner.OpenWriterAsync(cancel);
        await RunAsync(_writer, _pragma);
        return _writer;
    }

    /// <summary>Sets a pragma on the idle writer and on every one after it.</summary>
    public Task SetAsync(string pragma)
    {
        _pragma = pragma;
        return _writer!.State == System.Data.ConnectionState.Open ? RunAsync(_writer, pragma) : Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    private static async Task RunAsync(DbConnection connection, string pragma)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = pragma;
        await command.ExecuteNonQueryAsync();
    }
}
