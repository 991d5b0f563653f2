namespace CredentialBroker.Cli.Output;

/// <summary>Aligned plain text with a header. Cut to the terminal's width, and only when stdout is a terminal.</summary>
internal sealed class Table(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string?[] cells) => _rows.Add([.. cells.Select(c => string.IsNullOrEmpty(c) ? "-" : Printable.Of(c))]);

    public void Write(Shell shell)
    {
        var widths = header.Select((_, column) => _rows.Max(r => r[column].Length)).ToArray();
        foreach (var row in _rows)
        {
            var line = string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd();
            shell.Out.WriteLine(Cut(line, shell.Width));
        }
    }

    public static string Cut(string line, int? width) => width is { } most && line.Length > most ? $"{line[..Math.Max(0, most - 1)]}…" : line;
}
