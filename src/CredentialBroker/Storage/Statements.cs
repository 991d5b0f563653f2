using System.Data.Common;
using System.Runtime.CompilerServices;
using Npgsql;

namespace CredentialBroker.Storage;

/// <summary>Runs statements in order on one connection: in one round trip on PostgreSQL, one by one on SQLite.</summary>
internal static class Statements
{
    private const int MostKept = 128;

    private static readonly ConditionalWeakTable<DbConnection, Dictionary<string, DbCommand>> Kept = [];

    public static Task RunAsync(DbConnection connection, Dialect dialect, IReadOnlyList<Statement> statements, CancellationToken cancel) =>
        connection is NpgsqlConnection npgsql
            ? RunBatchAsync(npgsql, dialect, statements, cancel)
            : RunEachAsync(connection, dialect, statements, cancel);

    private static async Task RunBatchAsync(NpgsqlConnection connection, Dialect dialect, IReadOnlyList<Statement> statements, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement.Sql);
            Bind(command.Parameters, dialect, statement);
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        // Statements without a result set are skipped by the reader, so results go to those that ask for rows or select.
        var expecting = statements.Where(Returns).GetEnumerator();
        do
        {
            if (reader.FieldCount == 0 || !expecting.MoveNext()) continue;
            while (await reader.ReadAsync(cancel)) expecting.Current.Row?.Invoke(reader);
        }
        while (await reader.NextResultAsync(cancel));
    }

    private static async Task RunEachAsync(DbConnection connection, Dialect dialect, IReadOnlyList<Statement> statements, CancellationToken cancel)
    {
        foreach (var statement in statements.SelectMany(s => InRows(s, dialect.RowsAtOnce)))
        {
            var command = Prepared(connection, statement.Sql);
            Bind(command.Parameters, dialect, statement);
            if (!Returns(statement))
            {
                await command.ExecuteNonQueryAsync(cancel);
                continue;
            }

            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel)) statement.Row?.Invoke(reader);
        }
    }

    /// <summary>The statement itself, or once for each row where the store takes them one at a time.</summary>
    private static IEnumerable<Statement> InRows(Statement statement, int atOnce) =>
        statement.Shape is null || atOnce == int.MaxValue ? [statement] : statement.Rows.Select(row => statement with { Rows = [row] });

    /// <summary>A command that keeps its prepared statement as long as its connection. Texts are few: nothing is ever written into them.</summary>
    private static DbCommand Prepared(DbConnection connection, string sql)
    {
        var kept = Kept.GetOrCreateValue(connection);
        if (kept.TryGetValue(sql, out var command))
        {
            command.Parameters.Clear();
            return command;
        }

        // Selectors make new texts without end; theirs are not worth keeping beyond a bound.
        if (kept.Count >= MostKept) kept.Clear();
        command = connection.CreateCommand();
        command.CommandText = sql;
        kept.Add(sql, command);
        return command;
    }

    private static bool Returns(Statement statement) =>
        statement.Row is not null || statement.Sql.StartsWith("SELECT", StringComparison.Ordinal);

    private static void Bind(DbParameterCollection parameters, Dialect dialect, Statement statement)
    {
        if (statement.Shape is not null) dialect.Bind(parameters, statement.Shape, statement.Rows);
        foreach (var (name, value) in statement.Values) dialect.Bind(parameters, name, value);
    }
}
