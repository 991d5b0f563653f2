using System.Text;

namespace CredentialBroker.Sidecar;

/// <summary>What surrounds the program: streams, environment and clock. Data goes to stdout, everything said to stderr.</summary>
internal sealed record Surroundings(TextReader In, TextWriter Out, TextWriter Error, Func<string, string?> Environment, TimeProvider Clock)
{
    public static Surroundings OfProcess() => new(
        Console.In,
        new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" },
        new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" },
        System.Environment.GetEnvironmentVariable,
        TimeProvider.System);

    /// <summary>The variable's value; null where it is not set or empty.</summary>
    public string? Variable(string name) => Environment(name) is { Length: > 0 } value ? value : null;
}
