using Npgsql;
using NpgsqlTypes;

namespace CredentialBroker.Storage;

/// <summary>All statements in one round trip, their values by position and typed, so that the driver has nothing to find out.</summary>
internal static class PostgresStatements
{
    /// <summary>Beyond it arrays cost less than a longer text with more values.</summary>
    private const int RowsAsValues = 32;

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

    /// <summary>The same, for a thread that may block.</summary>
    public static void Run(NpgsqlConnection connection, IReadOnlyList<Statement> statements)
    {
        using var batch = BatchOf(connection, statements);
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
        foreach (var statement in statements)
        {
            var text = SqlText.Of(statement, RowsAsValues);
            var command = new NpgsqlBatchCommand(text.Text);
            foreach (var slot in text.Slots) command.Parameters.Add(Parameter(statement, slot));
            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    private static Queue<Statement> Expecting(IReadOnlyList<Statement> statements) => new(statements.Where(s => s.Returns));

    /// <summary>Whose rows come now. Statements without a result set are skipped by the reader, so results go to those that ask for rows or select.</summary>
    private static Statement? Next(NpgsqlDataReader reader, Queue<Statement> expecting) =>
        reader.FieldCount > 0 && expecting.TryDequeue(out var statement) ? statement : null;

    private static NpgsqlParameter Parameter(Statement statement, Slot slot)
    {
        if (slot.Value is not null) return Scalar(statement.ValueOf(slot.Value));
        var text = statement.Shape!.Columns[slot.Column].Type == ColumnType.Text;
        if (slot.Row >= 0) return text ? Text(statement.Rows[slot.Row][slot.Column]) : Number(statement.Rows[slot.Row][slot.Column]);
        return text
            ? new NpgsqlParameter<string?[]> { TypedValue = [.. statement.Rows.Select(r => (string?)r[slot.Column])], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
            : new NpgsqlParameter<long?[]> { TypedValue = [.. statement.Rows.Select(r => Whole(r[slot.Column]))], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    }

    private static NpgsqlParameter Scalar(object? value) => value switch
    {
        // Of whichever type the column is.
        null => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = DBNull.Value },
        string => Text(value),
        int or long => Number(value),
        long[] many => new NpgsqlParameter<long[]> { TypedValue = many, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
        _ => throw new ArgumentException($"no column type for {value.GetType().Name}", nameof(value)),
    };

    private static NpgsqlParameter Text(object? value) => value is null
        ? new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = DBNull.Value }
        : new NpgsqlParameter<string> { TypedValue = (string)value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Number(object? value) => Whole(value) is { } number
        ? new NpgsqlParameter<long> { TypedValue = number, NpgsqlDbType = NpgsqlDbType.Bigint }
        : new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = DBNull.Value };

    private static long? Whole(object? value) => value switch
    {
        null => null,
        long number => number,
        _ => Convert.ToInt64(value, null),
    };
}
