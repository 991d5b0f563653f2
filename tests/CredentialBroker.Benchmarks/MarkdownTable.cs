using System.Globalization;
using System.Text;

namespace CredentialBroker.Benchmarks;

/// <summary>Rows of a result, printed as Markdown so that they can be pasted into <c>docs/</c>.</summary>
internal sealed class MarkdownTable(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; numbers are rounded to what a reader can use.</summary>
    public MarkdownTable Row(params object[] cells)
    {
        _rows.Add([.. cells.Select(Text)]);
        return this;
    }

    public override string ToString()
    {
        var widths = columns.Select((name, i) => _rows.Select(row => row[i].Length).Append(name.Length).Max()).ToArray();
        var text = new StringBuilder();
        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
        Line(columns.Select((name, i) => name.PadRight(widths[i])));
        Line(widths.Select(width => new string('-', width)));
        foreach (var row in _rows)
        {
            Line(row.Select((cell, i) => cell.PadRight(widths[i])));
        }

        return text.ToString();
    }

    private static string Text(object cell) => cell switch
    {
        double number when Math.Abs(number) >= 100 => number.ToString("N0", CultureInfo.InvariantCulture),
        double number => number.ToString("0.00", CultureInfo.InvariantCulture),
        int or long => string.Format(CultureInfo.InvariantCulture, "{0:N0}", cell),
        _ => cell.ToString() ?? "",
    };
}
