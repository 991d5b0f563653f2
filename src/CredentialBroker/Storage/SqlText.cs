using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace CredentialBroker.Storage;

/// <summary>
/// A statement's text for one store and one number of rows, with its values by position: the driver then neither parses
/// the text nor matches names at each commit. Texts are few and kept.
/// </summary>
internal sealed partial record SqlText(string Text, IReadOnlyList<Slot> Slots)
{
    private const int MostKept = 4096;

    private static readonly ConcurrentDictionary<(string Sql, int Rows), SqlText> Kept = new();

    /// <param name="rowsAsValues">Up to so many rows are written as VALUES, which costs the database less than arrays do.</param>
    public static SqlText Of(Statement statement, int rowsAsValues)
    {
        var rows = statement.Shape is null ? 0 : statement.Rows.Count <= rowsAsValues ? statement.Rows.Count : int.MaxValue;
        if (Kept.TryGetValue((statement.Sql, rows), out var kept)) return kept;
        var made = Make(statement, rows);
        // Selectors make new texts without end; theirs are not worth keeping beyond a bound.
        if (Kept.Count >= MostKept) Kept.Clear();
        Kept.TryAdd((statement.Sql, rows), made);
        return made;
    }

    private static SqlText Make(Statement statement, int rows)
    {
        var sql = statement.Shape is { } shape ? statement.Sql.Replace(shape.From, From(shape, rows), StringComparison.Ordinal) : statement.Sql;
        var slots = new List<Slot>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var text = Name().Replace(sql, match =>
        {
            var name = match.Groups["name"].Value;
            if (name.Length == 0) return match.Value;
            if (!numbers.TryGetValue(name, out var number))
            {
                number = numbers.Count + 1;
                numbers.Add(name, number);
                slots.Add(SlotOf(statement, name));
            }

            return $"${number}";
        });
        return new SqlText(text, slots);
    }

    private static string From(RowShape shape, int rows)
    {
        var names = string.Join(", ", shape.Columns.Select(c => c.Name));
        if (rows == int.MaxValue) return $"unnest({string.Join(", ", shape.Columns.Select((_, c) => $"@{shape.Alias}__{c}"))}) AS {shape.Alias}({names})";
        var text = new StringBuilder("(VALUES ");
        for (var row = 0; row < rows; row++)
        {
            text.Append(row == 0 ? "(" : ", (").AppendJoin(", ", shape.Columns.Select((_, c) => $"@{shape.Alias}_{row}_{c}")).Append(')');
        }

        return text.Append(") AS ").Append(shape.Alias).Append('(').Append(names).Append(')').ToString();
    }

    private static Slot SlotOf(Statement statement, string name)
    {
        if (statement.Values.Any(v => v.Name == name)) return new Slot(name, -1, -1);
        if (statement.Shape is null || name.Split('_') is not { Length: 3 } parts || parts[0] != statement.Shape.Alias) throw new ArgumentException($"the statement binds no value called {name}", nameof(name));
        return new Slot(null, parts[1].Length == 0 ? -1 : int.Parse(parts[1], null), int.Parse(parts[2], null));
    }

    // A literal is passed over whole; everything else that follows an @ is a name.
    [GeneratedRegex("'[^']*'|@(?<name>[a-z_0-9]+)")]
    private static partial Regex Name();
}

/// <summary>What stands at one position: a named value, one cell of a row, or (row -1) a whole column of the rows.</summary>
internal readonly record struct Slot(string? Value, int Row, int Column);
