using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Tree;

/// <summary>Writes rows in sets.</summary>
internal static class TreeRows
{
    public static Statement Insert(string table, RowShape shape, IEnumerable<object?[]> rows) =>
        new(Into(table, shape)) { Shape = shape, Rows = [.. rows] };

    /// <summary>Replaces what has the same key; the key is the first columns.</summary>
    public static Statement Upsert(string table, RowShape shape, int keys, IEnumerable<object?[]> rows)
    {
        var names = shape.Columns.Select(c => c.Name).ToArray();
        var set = string.Join(", ", names[keys..].Select(name => $"{name} = excluded.{name}"));
        // Without a condition, ON would be read as that of a join.
        return new($"{Into(table, shape)} WHERE true ON CONFLICT ({string.Join(", ", names[..keys])}) DO UPDATE SET {set}") { Shape = shape, Rows = [.. rows] };
    }

    private static string Into(string table, RowShape shape)
    {
        var names = shape.Columns.Select(c => c.Name).ToArray();
        return $"INSERT INTO {table} ({string.Join(", ", names)}) SELECT {string.Join(", ", names.Select(name => $"{shape.Alias}.{name}"))} FROM {shape.From}";
    }
}
