using System.Globalization;
using System.Text;

namespace CredentialBroker.Incidents;

/// <summary>Pages of Markdown. Texts that people or logs brought are written so that they stay texts.</summary>
internal static class Markdown
{
    public static void Table(StringBuilder page, string[] header, IEnumerable<string?[]> rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", header)} |\n|{string.Concat(header.Select(_ => "---|"))}\n");
        foreach (var row in rows.Where(row => header[0].Length > 0 || !string.IsNullOrEmpty(row[1]))) page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(cell => cell == "**yes**" ? cell : Text(cell)))} |\n");
    }

    public static string Text(string? text)
    {
        var safe = new StringBuilder();
        foreach (var c in text ?? "")
        {
            if (char.IsControl(c)) safe.Append(' ');
            else if ("\\`*_[]<>|#&!~".Contains(c, StringComparison.Ordinal)) safe.Append('\\').Append(c);
            else safe.Append(c);
        }

        return safe.ToString();
    }

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Milliseconds(long? ms) => ms is { } number ? $"{Number(number)} ms" : "";

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
