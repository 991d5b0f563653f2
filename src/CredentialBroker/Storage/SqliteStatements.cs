using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace CredentialBroker.Storage;

/// <summary>
/// One statement after the other, each prepared once for its connection. Rows are taken one at a time: the store runs in
/// this process, so that running a prepared statement again costs less than passing it a set. What only writes is bound
/// by place through the provider underneath: by name, each value would cost as much again.
/// </summary>
internal static class SqliteStatements
{
    private static readonly ConditionalWeakTable<DbConnection, Prepared> Kept = [];

    public static void Run(DbConnection connection, IReadOnlyList<Statement> statements)
    {
        var prepared = Kept.GetValue(connection, c => new Prepared((SqliteConnection)c));
        foreach (var statement in statements)
        {
            if (statement.Shape is null) prepared.Run(statement, []);
            else foreach (var row in statement.Rows) prepared.Run(statement, row);
        }
    }

    /// <summary>The statements of one connection. Texts are few: nothing is ever written into them.</summary>
    private sealed class Prepared
    {
        /// <summary>Selectors make new texts without end; theirs are not worth keeping beyond a bound.</summary>
        private const int MostKept = 128;

        private readonly SqliteConnection _connection;
        private readonly Dictionary<string, (DbCommand Command, string[] Names)> _readers = [];
        private readonly Dictionary<string, (RawStatement Writer, string[] Names)> _writers = [];

        public Prepared(SqliteConnection connection)
        {
            _connection = connection;
            // A connection is not over, nor is its transaction, while a statement of it stands.
            connection.StateChange += (_, change) =>
            {
                if (change.CurrentState == ConnectionState.Closed) Forget();
            };
        }

        public void Run(Statement statement, object?[] row)
        {
            if (statement.Returns) Read(statement, row);
            else Write(statement, row);
        }

        private void Write(Statement statement, object?[] row)
        {
            if (!_writers.TryGetValue(statement.Sql, out var kept))
            {
                if (_writers.Count >= MostKept) Forget();
                var names = NamesOf(statement);
                kept = (new RawStatement(_connection.Handle!, TextOf(statement), names), names);
                _writers.Add(statement.Sql, kept);
            }

            kept.Writer.Run(row, InOrder(kept.Names, row.Length, statement));
        }

        private void Read(Statement statement, object?[] row)
        {
            if (!_readers.TryGetValue(statement.Sql, out var kept))
            {
                if (_readers.Count >= MostKept) _readers.Clear();
                kept = (_connection.CreateCommand(), NamesOf(statement));
                kept.Command.CommandText = TextOf(statement);
                foreach (var name in kept.Names) kept.Command.Parameters.Add(new SqliteParameter($"@{name}", DBNull.Value));
                _readers.Add(statement.Sql, kept);
            }

            var (command, values) = (kept.Command, InOrder(kept.Names, row.Length, statement));
            for (var at = 0; at < row.Length; at++) command.Parameters[at].Value = Sound(row[at]);
            for (var at = 0; at < values.Length; at++) command.Parameters[row.Length + at].Value = Sound(values[at].Value);
            using var reader = command.ExecuteReader();
            while (reader.Read()) statement.Row?.Invoke(reader);
        }

        private void Forget()
        {
            foreach (var (writer, _) in _writers.Values) writer.Dispose();
            _writers.Clear();
        }

        /// <summary>The values in the order the text was prepared with, as they nearly always come.</summary>
        private static (string Name, object? Value)[] InOrder(string[] names, int columns, Statement statement)
        {
            var same = names.Length == columns + statement.Values.Length;
            for (var at = 0; same && at < statement.Values.Length; at++) same = names[columns + at] == statement.Values[at].Name;
            return same ? statement.Values : [.. names[columns..].Select(name => (name, statement.ValueOf(name)))];
        }

        private static object Sound(object? value) => value is string text ? StrictText.Whole(text) : value ?? DBNull.Value;
    }

    private static string TextOf(Statement statement) =>
        statement.Shape is { } shape ? statement.Sql.Replace(shape.From, From(shape), StringComparison.Ordinal) : statement.Sql;

    /// <summary>A row's values come first, then the statement's own.</summary>
    private static string[] NamesOf(Statement statement) =>
        [.. statement.Shape?.Columns.Select(c => $"{statement.Shape.Alias}_{c.Name}") ?? [], .. statement.Values.Select(v => v.Name)];

    private static string From(RowShape shape) =>
        $"(SELECT {string.Join(", ", shape.Columns.Select(c => $"@{shape.Alias}_{c.Name} AS {c.Name}"))}) AS {shape.Alias}";
}

/// <summary>Half a surrogate pair would be replaced silently; PostgreSQL refuses it, and so does this.</summary>
internal static class StrictText
{
    public static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Whole(string text) => Encoding.GetByteCount(text) >= 0 ? text : "";
}
