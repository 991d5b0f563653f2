using System.Data.Common;

namespace CredentialBroker.Storage;

/// <summary>
/// What differs between PostgreSQL and SQLite; all other SQL is one text for both. A set of rows comes in as arrays
/// (<c>unnest</c>) or row by row, and locking clauses exist only where there are other writers.
/// </summary>
internal abstract class Dialect
{
    /// <summary>Word of the configuration: <c>postgres</c> or <c>sqlite</c>.</summary>
    public abstract string Name { get; }

    public abstract string ForUpdate(string alias);

    public abstract string ForUpdateSkipLocked(string alias);

    /// <summary>Takes transaction locks on the given keys in the order they come, or null where one writer needs none.</summary>
    public abstract Statement? Lock(IReadOnlyList<long> sortedKeys);

    /// <summary>Takes one transaction lock on the key that many may hold, and that shuts out whoever takes it alone; null as above.</summary>
    public abstract Statement? LockShared(long key);

    public abstract string Begin { get; }

    /// <summary>The database's own clock, in UTC milliseconds; the only SQL that asks for the time.</summary>
    public abstract string ReadClock { get; }

    /// <summary>True when the database itself answered with this error, so that nothing of the transaction stands.</summary>
    public abstract bool Answered(Exception error);

    /// <summary>How a failed statement or commit is to be taken.</summary>
    public abstract Fault Classify(Exception error);
}

internal enum Fault
{
    /// <summary>Deadlock or serialisation: the same batch again.</summary>
    Retry,
    /// <summary>The data of some unit: bisect until it fails alone.</summary>
    Data,
    /// <summary>The store cannot be written: gone, full, read-only.</summary>
    Unavailable,
}

/// <summary>Names and types of the columns of a set of rows passed into SQL.</summary>
internal sealed record RowShape(string Alias, params (string Name, ColumnType Type)[] Columns)
{
    /// <summary>Stands in a statement's text for a FROM item that yields its rows under the alias.</summary>
    public string From { get; } = $"rows({Alias})";
}

internal enum ColumnType
{
    Text,
    Number,
}

/// <summary>One statement of a batch, with what it binds and how its rows are read.</summary>
internal sealed record Statement(string Sql)
{
    public (string Name, object? Value)[] Values { get; init; } = [];

    public RowShape? Shape { get; init; }

    public IReadOnlyList<object?[]> Rows { get; init; } = [];

    /// <summary>Called once per row that the statement returns.</summary>
    public Action<DbDataReader>? Row { get; init; }

    /// <summary>Whether it answers with rows, wanted or not.</summary>
    public bool Returns => Row is not null || Sql.StartsWith("SELECT", StringComparison.Ordinal);

    public object? ValueOf(string name)
    {
        foreach (var value in Values)
        {
            if (value.Name == name) return value.Value;
        }

        throw new ArgumentException($"the statement binds no value called {name}", nameof(name));
    }
}
