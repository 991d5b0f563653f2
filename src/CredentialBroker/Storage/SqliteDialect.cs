using System.Data.Common;
using System.Text;
using Microsoft.Data.Sqlite;

namespace CredentialBroker.Storage;

/// <summary>SQLite has one writer, so that every locking clause is empty and every transaction begins as a writer.</summary>
internal sealed class SqliteDialect : Dialect
{
    // https://www.sqlite.org/rescode.html: 1 a wrong statement, 5 busy, 6 locked, 18 too big, 19 constraint, 20 mismatch, 25 range.
    private const int Wrong = 1, Busy = 5, Locked = 6, TooBig = 18, Constraint = 19, Mismatch = 20, OutOfRange = 25;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override string Name => "sqlite";

    public override string Begin => "BEGIN IMMEDIATE";

    public override string ForShare => "";

    public override string ReadClock => "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

    /// <summary>One row at a time: the statement is run for each, prepared, which here costs less than passing a set.</summary>
    public override string From(RowShape shape) =>
        $"(SELECT {string.Join(", ", shape.Columns.Select(c => $"@{shape.Alias}_{c.Name} AS {c.Name}"))}) AS {shape.Alias}";

    public override int RowsAtOnce => 1;

    public override void Bind(DbParameterCollection parameters, RowShape shape, IReadOnlyList<object?[]> rows)
    {
        var row = rows.Single();
        for (var column = 0; column < row.Length; column++) Bind(parameters, $"{shape.Alias}_{shape.Columns[column].Name}", row[column]);
    }

    public override void Bind(DbParameterCollection parameters, string name, object? value) =>
        parameters.Add(new SqliteParameter(name, value is string text ? Whole(text) : value ?? DBNull.Value));

    public override string ForUpdate(string alias) => "";

    public override string ForUpdateSkipLocked(string alias) => "";

    public override Statement? Lock(IReadOnlyList<long> sortedKeys) => null;

    public override Fault Classify(Exception error) => error switch
    {
        SqliteException { SqliteErrorCode: Busy or Locked } => Fault.Retry,
        SqliteException { SqliteErrorCode: Wrong or Constraint or TooBig or Mismatch or OutOfRange } => Fault.Data,
        DbException or IOException => Fault.Unavailable,
        _ => Fault.Data,
    };

    public override bool Answered(Exception error) => error is SqliteException;

    /// <summary>Half a surrogate pair would be replaced silently; PostgreSQL refuses it, and so does this.</summary>
    private static string Whole(string text) => Strict.GetByteCount(text) >= 0 ? text : "";
}
