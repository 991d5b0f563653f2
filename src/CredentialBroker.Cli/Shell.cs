using System.Text;

namespace CredentialBroker.Cli;

/// <summary>What surrounds a command: its streams, environment, clock and the width of the terminal when stdout is one.</summary>
internal sealed record Shell(Func<Stream> In, TextWriter Out, TextWriter Error, Func<string, string?> Environment, TimeProvider Clock, int? Width)
{
    public static Shell OfProcess() => new(
        Console.OpenStandardInput,
        new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = Console.IsOutputRedirected is false, NewLine = "\n" },
        new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" },
        System.Environment.GetEnvironmentVariable,
        TimeProvider.System,
        Console.IsOutputRedirected ? null : TerminalWidth());

    /// <summary>One line of prose or progress, on stderr.</summary>
    public void Say(string line) => Error.WriteLine(Printable.Of(line));

    /// <summary>Writes bytes to stdout as they are.</summary>
    public async Task<T> RawAsync<T>(Func<Stream, Task<T>> write)
    {
        await Out.FlushAsync();
        if (Out is StreamWriter writer) return await write(writer.BaseStream);
        using var text = new MemoryStream();
        var result = await write(text);
        await Out.WriteAsync(Encoding.UTF8.GetString(text.ToArray()));
        return result;
    }

    // A terminal that does not tell its size reports 0 columns: then nothing is cut.
    private static int? TerminalWidth() => Console.WindowWidth is > 0 and var width ? width : null;
}
