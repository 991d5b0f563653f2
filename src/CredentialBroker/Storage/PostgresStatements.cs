using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;

namespace CredentialBroker.Storage;

/// <summary>All statements in one round trip, their values by position and typed, so that the driver has nothing to find out.</summary>
internal static class PostgresStatements
{
    /// <summary>Beyond it arrays cost less than a longer text with more values.</summary>
    private const int RowsAsValues = 32;

    private static readonly ConditionalWeakTable<NpgsqlConnection, Commands> Kept = [];

    public static async Task RunAsync(NpgsqlConnection connection, IReadOnlyList<Statement> statements, CancellationToken cancel)
    {
        await using var batch = BatchOf(connection, statements);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var expecting = Expecting(statements);
        do
        {
            if (Next(reader, expecting) is not { } statement) continue;
            while (await reader.ReadAsync(cancel)) statement.Row?.Invoke(reader);
        }
        while (await reader.NextResultAsync(cancel));
    }

    /// <summary>The same, for a thread that may block and a connection that is kept, with its commands.</summary>
    public static void Run(NpgsqlConnection connection, IReadOnlyList<Statement> statements)
    {
        using var batch = Kept.GetOrCreateValue(connection).BatchOf(connection, statements);
        using var reader = batch.ExecuteReader();
        var expecting = Expecting(statements);
        do
        {
            if (Next(reader, expecting) is not { } statement) continue;
            while (reader.Read()) statement.Row?.Invoke(reader);
        }
        while (reader.NextResult());
    }

    private static NpgsqlBatch BatchOf(NpgsqlConnection connection, IReadOnlyList<Statement> statements)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var statement in statements) batch.BatchCommands.Add(CommandOf(SqlText.Of(statement, RowsAsValues), statement));
        return batch;
    }

    private static NpgsqlBatchCommand CommandOf(SqlText text, Statement statement)
    {
        var command = new NpgsqlBatchCommand(text.Text);
        foreach (var slot in text.Slots) command.Parameters.Add(Parameter(statement, slot));
        return command;
    }

    private static Queue<Statement> Expecting(IReadOnlyList<Statement> statements) => new(statements.Where(s => s.Returns));

    /// <summary>Whose rows come now. Statements without a result set are skipped by the reader, so results go to those that ask for rows or select.</summary>
    private static Statement? Next(NpgsqlDataReader reader, Queue<Statement> expecting) =>
        reader.FieldCount > 0 && expecting.TryDequeue(out var statement) ? statement : null;

    private static NpgsqlParameter Parameter(Statement statement, Slot slot)
    {
        if (slot.Value is not null) return Scalar(statement.ValueOf(slot.Value));
        var text = statement.Shape!.Columns[slot.Column].Type == ColumnType.Text;
        if (slot.Row >= 0) return text ? Text((string?)statement.Rows[slot.Row][slot.Column]) : Number(statement.Rows[slot.Row][slot.Column]);
        return text
            ? new NpgsqlParameter<string?[]> { TypedValue = [.. statement.Rows.Select(r => (string?)r[slot.Column])], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
            : new NpgsqlParameter<long?[]> { TypedValue = [.. statement.Rows.Select(r => Whole(r[slot.Column]))], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    }

    private static NpgsqlParameter Scalar(object? value) => value switch
    {
        // Of whichever type the column is.
        null => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = DBNull.Value },
        string text => Text(text),
        int or long => Number(value),
        long[] many => new NpgsqlParameter<long[]> { TypedValue = many, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
        _ => throw new ArgumentException($"no column type for {value.GetType().Name}", nameof(value)),
    };

    private static NpgsqlParameter<string?> Text(string? value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<long?> Number(object? value) => new() { TypedValue = Whole(value), NpgsqlDbType = NpgsqlDbType.Bigint };

    private static long? Whole(object? value) => value switch
    {
        null => null,
        long number => number,
        _ => Convert.ToInt64(value, null),
    };

    /// <summary>A connection's commands, whose parameters are given new values: a batch has hundreds of them.</summary>
    private sealed class Commands
    {
        private const int MostKept = 1024;

        private readonly Dictionary<SqlText, List<NpgsqlBatchCommand>> _kept = new(ReferenceEqualityComparer.Instance);
        private readonly Dictionary<SqlText, int> _used = new(ReferenceEqualityComparer.Instance);

        public NpgsqlBatch BatchOf(NpgsqlConnection connection, IReadOnlyList<Statement> statements)
        {
            // Texts differ by their number of rows; what is seldom is not worth keeping beyond a bound.
            if (_kept.Count >= MostKept) _kept.Clear();
            _used.Clear();
            var batch = new NpgsqlBatch(connection);
            foreach (var statement in statements) batch.BatchCommands.Add(Take(SqlText.Of(statement, RowsAsValues), statement));
            return batch;
        }

        private NpgsqlBatchCommand Take(SqlText text, Statement statement)
        {
            if (!_kept.TryGetValue(text, out var kept)) _kept.Add(text, kept = []);
            // One text may stand in a batch more than once.
            var used = _used.GetValueOrDefault(text);
            _used[text] = used + 1;
            if (used == kept.Count)
            {
                kept.Add(CommandOf(text, statement));
                return kept[used];
            }

            for (var at = 0; at < text.Slots.Count; at++) Set(kept[used].Parameters, at, text.Slots[at], statement);
            return kept[used];
        }

        private static void Set(NpgsqlParameterCollection parameters, int at, Slot slot, Statement statement)
        {
            switch (parameters[at])
            {
                case NpgsqlParameter<string?> text when slot.Row >= 0: text.TypedValue = (string?)statement.Rows[slot.Row][slot.Column]; break;
                case NpgsqlParameter<long?> number when slot.Row >= 0: number.TypedValue = Whole(statement.Rows[slot.Row][slot.Column]); break;
                default: parameters[at] = Parameter(statement, slot); break;
            }
        }
    }
}
