using System.Data.Common;
using Npgsql;
using NpgsqlTypes;

namespace CredentialBroker.Storage;

internal sealed class PostgresDialect : Dialect
{
    public override string Name => "postgres";

    public override string Begin => "BEGIN";

    public override string ForShare => "FOR SHARE";

    public override string ReadClock => "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    public override string From(RowShape shape) =>
        $"unnest({string.Join(", ", shape.Columns.Select(c => $"@{shape.Alias}_{c.Name}"))}) AS {shape.Alias}({string.Join(", ", shape.Columns.Select(c => c.Name))})";

    public override void Bind(DbParameterCollection parameters, RowShape shape, IReadOnlyList<object?[]> rows)
    {
        for (var column = 0; column < shape.Columns.Length; column++)
        {
            var (name, type) = shape.Columns[column];
            parameters.Add(new NpgsqlParameter($"{shape.Alias}_{name}", NpgsqlDbType.Array | TypeOf(type))
            {
                Value = type == ColumnType.Text ? Column<string>(rows, column) : Numbers(rows, column),
            });
        }
    }

    public override void Bind(DbParameterCollection parameters, string name, object? value) => parameters.Add(value switch
    {
        // Of whichever type the column is.
        null => new NpgsqlParameter(name, NpgsqlDbType.Unknown) { Value = DBNull.Value },
        string text => new NpgsqlParameter(name, NpgsqlDbType.Text) { Value = text },
        int or long => new NpgsqlParameter(name, NpgsqlDbType.Bigint) { Value = Convert.ToInt64(value, null) },
        long[] many => new NpgsqlParameter(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = many },
        _ => throw new ArgumentException($"no column type for {value.GetType().Name}", nameof(value)),
    });

    public override string ForUpdate(string alias) => $"FOR UPDATE OF {alias}";

    public override string ForUpdateSkipLocked(string alias) => $"FOR UPDATE OF {alias} SKIP LOCKED";

    public override Statement? Lock(IReadOnlyList<long> sortedKeys) => sortedKeys.Count == 0
        ? null
        : new Statement("SELECT pg_advisory_xact_lock(k) FROM unnest(@keys) WITH ORDINALITY AS u(k, n) ORDER BY n")
        {
            Values = [("keys", sortedKeys.ToArray())],
        };

    public override Fault Classify(Exception error) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure } => Fault.Retry,
        PostgresException { SqlState: ['2', '2' or '3', ..] } => Fault.Data,
        PostgresException { SqlState: PostgresErrorCodes.ProgramLimitExceeded or "54001" } => Fault.Data,
        // A statement that is wrong for its values: its neighbours are not to blame.
        PostgresException { SqlState: ['4', '2', ..] and not PostgresErrorCodes.InsufficientPrivilege } => Fault.Data,
        DbException or IOException or TimeoutException or OperationCanceledException => Fault.Unavailable,
        // What is not the store's fault is the unit's: a value that cannot be encoded, a guard that threw.
        _ => Fault.Data,
    };

    public override bool Answered(Exception error) =>
        error is PostgresException { SqlState: not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown) };

    private static NpgsqlDbType TypeOf(ColumnType type) => type == ColumnType.Text ? NpgsqlDbType.Text : NpgsqlDbType.Bigint;

    private static T?[] Column<T>(IReadOnlyList<object?[]> rows, int column) where T : class
    {
        var values = new T?[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = (T?)rows[i][column];
        return values;
    }

    private static long?[] Numbers(IReadOnlyList<object?[]> rows, int column)
    {
        var values = new long?[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = rows[i][column] is { } value ? Convert.ToInt64(value, null) : null;
        return values;
    }
}
