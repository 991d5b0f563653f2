using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CredentialBroker.Storage;

/// <summary>A statement of the embedded store that answers no rows, bound by place.</summary>
internal sealed class RawStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _prepared;
    private readonly int[] _places;

    public RawStatement(sqlite3 database, string text, string[] names)
    {
        _database = database;
        Demand(raw.sqlite3_prepare_v3(database, text, raw.SQLITE_PREPARE_PERSISTENT, out _prepared));
        // 0 for a value that the text does not use.
        _places = [.. names.Select(name => raw.sqlite3_bind_parameter_index(_prepared, $"@{name}"))];
        // One that is used and not given would be written as no value.
        if (_places.Distinct().Count(place => place > 0) == raw.sqlite3_bind_parameter_count(_prepared)) return;
        _prepared.Dispose();
        throw new ArgumentException("the statement's text uses a value that it does not bind", nameof(names));
    }

    /// <param name="row">Values of the names that come first.</param>
    /// <exception cref="SqliteException">The store refused it; nothing of it stands.</exception>
    public void Run(object?[] row, (string Name, object? Value)[] values)
    {
        for (var at = 0; at < row.Length; at++) Bind(_places[at], row[at]);
        for (var at = 0; at < values.Length; at++) Bind(_places[row.Length + at], values[at].Value);
        try
        {
            int answer;
            while ((answer = raw.sqlite3_step(_prepared)) == raw.SQLITE_ROW) { }
            if (answer != raw.SQLITE_DONE) Demand(answer);
        }
        finally
        {
            // It repeats the answer of the step, which was looked at.
            _ = raw.sqlite3_reset(_prepared);
        }
    }

    public void Dispose() => _prepared.Dispose();

    private void Bind(int place, object? value)
    {
        if (place == 0) return;
        Demand(value switch
        {
            null => raw.sqlite3_bind_null(_prepared, place),
            string text => Text(place, text),
            long number => raw.sqlite3_bind_int64(_prepared, place, number),
            _ => raw.sqlite3_bind_int64(_prepared, place, Convert.ToInt64(value, null)),
        });
    }

    private int Text(int place, string text)
    {
        // An empty span has no address, and would be bound as no value.
        if (text.Length == 0) return raw.sqlite3_bind_text(_prepared, place, "");
        var size = StrictText.Encoding.GetByteCount(text);
        Span<byte> bytes = size <= 1024 ? stackalloc byte[size] : new byte[size];
        StrictText.Encoding.GetBytes(text, bytes);
        return raw.sqlite3_bind_text(_prepared, place, bytes);
    }

    private void Demand(int answer) => SqliteException.ThrowExceptionForRC(answer, _database);
}
