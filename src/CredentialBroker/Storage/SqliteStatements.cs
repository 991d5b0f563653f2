using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace CredentialBroker.Storage;

/// <summary>
/// One statement after the other, each prepared once for its connection. Rows are taken one at a time: the store runs in
/// this process, so that running a prepared statement again costs less than passing it a set.
/// </summary>
internal static class SqliteStatements
{
    private const int MostKept = 128;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly ConditionalWeakTable<DbConnection, Dictionary<string, DbCommand>> Kept = [];

    public static void Run(DbConnection connection, IReadOnlyList<Statement> statements)
    {
        foreach (var statement in statements.SelectMany(InRows))
        {
            var command = Prepared(connection, statement);
            Bind(command.Parameters, statement);
            if (!statement.Returns)
            {
                command.ExecuteNonQuery();
                continue;
            }

            using var reader = command.ExecuteReader();
            while (reader.Read()) statement.Row?.Invoke(reader);
        }
    }

    private static IEnumerable<Statement> InRows(Statement statement) =>
        statement.Shape is null ? [statement] : statement.Rows.Select(row => statement with { Rows = [row] });

    /// <summary>A command that keeps its prepared statement as long as its connection. Texts are few: nothing is ever written into them.</summary>
    private static DbCommand Prepared(DbConnection connection, Statement statement)
    {
        var kept = Kept.GetOrCreateValue(connection);
        if (kept.TryGetValue(statement.Sql, out var command))
        {
            command.Parameters.Clear();
            return command;
        }

        // Selectors make new texts without end; theirs are not worth keeping beyond a bound.
        if (kept.Count >= MostKept) kept.Clear();
        command = connection.CreateCommand();
        command.CommandText = statement.Shape is { } shape ? statement.Sql.Replace(shape.From, From(shape), StringComparison.Ordinal) : statement.Sql;
        kept.Add(statement.Sql, command);
        return command;
    }

    private static string From(RowShape shape) =>
        $"(SELECT {string.Join(", ", shape.Columns.Select(c => $"@{shape.Alias}_{c.Name} AS {c.Name}"))}) AS {shape.Alias}";

    private static void Bind(DbParameterCollection parameters, Statement statement)
    {
        if (statement.Shape is { } shape)
        {
            for (var column = 0; column < shape.Columns.Length; column++) Bind(parameters, $"{shape.Alias}_{shape.Columns[column].Name}", statement.Rows[0][column]);
        }

        foreach (var (name, value) in statement.Values) Bind(parameters, name, value);
    }

    private static void Bind(DbParameterCollection parameters, string name, object? value) =>
        parameters.Add(new SqliteParameter(name, value is string text ? Whole(text) : value ?? DBNull.Value));

    /// <summary>Half a surrogate pair would be replaced silently; PostgreSQL refuses it, and so does this.</summary>
    private static string Whole(string text) => Strict.GetByteCount(text) >= 0 ? text : "";
}
