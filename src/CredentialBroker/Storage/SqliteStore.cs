using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace CredentialBroker.Storage;

/// <summary>The embedded default: one file in a folder that only this user may enter.</summary>
internal sealed class SqliteStore : Store
{
    private readonly string _file;
    private readonly string _text;

    // Readers are kept with their prepared statements: opening one and preparing anew costs more than most reads.
    private readonly ConcurrentBag<DbConnection> _readers = [];
    private volatile bool _closed;

    static SqliteStore() => SQLitePCL.Batteries_V2.Init();

    public SqliteStore(StorageOptions options)
    {
        _file = Path.Combine(Path.GetFullPath(options.Folder), "credbroker.db");
        // The library's own pool would hand a writer's open transaction on to the next reader.
        _text = new SqliteConnectionStringBuilder { DataSource = _file, DefaultTimeout = 10, Pooling = false }.ConnectionString;
    }

    public override Dialect Dialect { get; } = new SqliteDialect();

    /// <summary>A writer comes first, and makes folder and file where they are missing, with modes that keep others out.</summary>
    public override DbConnection OpenWriter()
    {
        PrivateFiles.MakeFolder(Path.GetDirectoryName(_file)!);
        PrivateFiles.Touch(_file);
        return Open();
    }

    protected override ValueTask<DbConnection> BorrowAsync(Pool pool, CancellationToken cancel) =>
        ValueTask.FromResult(_readers.TryTake(out var reader) ? reader : Open());

    protected override ValueTask ReturnAsync(DbConnection connection)
    {
        if (_closed || connection.State != ConnectionState.Open) return connection.DisposeAsync();
        _readers.Add(connection);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        _closed = true;
        while (_readers.TryTake(out var reader)) await reader.DisposeAsync();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_text);
        connection.Open();
        using var set = connection.CreateCommand();
        // Statements that write many rows keep an undo journal of their own; in memory it costs no file each time.
        // Keys lie all over the tables: with 2 MB of cache and 4 MB of log, as by default, most pages would be read and copied
        // again at each commit.
        set.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000";
        set.ExecuteNonQuery();
        return connection;
    }
}
