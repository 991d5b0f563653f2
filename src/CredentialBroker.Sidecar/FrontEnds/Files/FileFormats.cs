using System.Text;

namespace CredentialBroker.Sidecar.FrontEnds.Files;

/// <summary>Values as each format writes them, so that no value can become another key.</summary>
internal static class FileFormats
{
    /// <summary>Double-quoted, as dotenv readers and a shell that sources the file agree on.</summary>
    public static string Dotenv(IEnumerable<(string Key, string Value)> values)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in values)
        {
            text.Append(key).Append("=\"");
            foreach (var c in OnOneLine(key, value))
            {
                if (c is '"' or '\\' or '$' or '`') text.Append('\\');
                text.Append(c);
            }

            text.Append("\"\n");
        }

        return text.ToString();
    }

    /// <summary>Keys without a section first, then each section once.</summary>
    public static string Ini(IEnumerable<(string Key, string Value)> values)
    {
        var text = new StringBuilder();
        foreach (var section in values.GroupBy(v => v.Key.Contains('.', StringComparison.Ordinal) ? v.Key[..v.Key.IndexOf('.', StringComparison.Ordinal)] : "").OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (section.Key.Length > 0) text.Append('[').Append(section.Key).Append("]\n");
            foreach (var (key, value) in section) text.Append(key[(section.Key.Length == 0 ? 0 : section.Key.Length + 1)..]).Append(" = ").Append(OnOneLine(key, value)).Append('\n');
        }

        return text.ToString();
    }

    private static string OnOneLine(string key, string value) => value.AsSpan().ContainsAny('\n', '\r', '\0') ? throw new FormatException($"the value of {key} has more than one line: use json or text") : value;
}
