using System.Data.Common;

namespace CredentialBroker.Storage;

/// <summary>An embedded store whose writer can be told to fail, as a full or read-only disk would make it.</summary>
internal sealed class FaultySqlite(SqliteStore inner) : Store
{
    private DbConnection? _writer;
    private string _pragma = "PRAGMA query_only = off";

    public override Dialect Dialect => inner.Dialect;

    protected override ValueTask<DbConnection> BorrowAsync(Pool pool, CancellationToken cancel) => ValueTask.FromResult(inner.OpenWriter());

    protected override ValueTask ReturnAsync(DbConnection connection) => connection.DisposeAsync();

    public override DbConnection OpenWriter()
    {
        _writer = inner.OpenWriter();
        Run(_writer, _pragma);
        return _writer;
    }

    /// <summary>Sets a pragma on the idle writer and on every one after it.</summary>
    public void Set(string pragma)
    {
        _pragma = pragma;
        if (_writer!.State == System.Data.ConnectionState.Open) Run(_writer, pragma);
    }

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    private static void Run(DbConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        command.ExecuteNonQuery();
    }
}
