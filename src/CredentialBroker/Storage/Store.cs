using System.Data.Common;

namespace CredentialBroker.Storage;

/// <summary>Which connections a read may use; ending and responders never queue behind issuing.</summary>
internal enum Pool
{
    Issuing,
    Control,
}

/// <summary>Where rows live. Reads go through here; every write goes through the <c>Journal</c>.</summary>
internal abstract class Store : IAsyncDisposable
{
    public abstract Dialect Dialect { get; }

    /// <summary>A connection for one read, to be given back by <see cref="ReturnAsync"/> or, after a fault, disposed.</summary>
    protected abstract ValueTask<DbConnection> BorrowAsync(Pool pool, CancellationToken cancel);

    protected abstract ValueTask ReturnAsync(DbConnection connection);

    /// <summary>A connection of its own for a writer or the migrations, outside every pool.</summary>
    public abstract DbConnection OpenWriter();

    /// <summary>Runs one reading statement.</summary>
    public async Task ReadAsync(Pool pool, Statement statement, CancellationToken cancel)
    {
        var connection = await BorrowAsync(pool, cancel);
        try
        {
            await Statements.RunAsync(connection, [statement], cancel);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await ReturnAsync(connection);
    }

    public async Task<List<T>> ListAsync<T>(Pool pool, Statement statement, Func<DbDataReader, T> row, CancellationToken cancel)
    {
        var found = new List<T>();
        await ReadAsync(pool, statement with { Row = reader => found.Add(row(reader)) }, cancel);
        return found;
    }

    public abstract ValueTask DisposeAsync();
}
