using System.Globalization;

namespace CredentialBroker.Node;

/// <summary>
/// The log: one line to stderr for each thing that happened. Nothing that could be a secret is ever an argument: names of
/// leases, reason codes, paths and counts are.
/// </summary>
internal sealed class Say(TextWriter to, TimeProvider clock)
{
    private readonly Lock _gate = new();

    public void Line(string what)
    {
        var line = $"{clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)} {Printable(what)}";
        lock (_gate) to.WriteLine(line);
    }

    /// <summary>Text from elsewhere, kept on one line and harmless to a terminal.</summary>
    public static string Printable(string text) => text.Any(char.IsControl)
        ? string.Create(text.Length, text, static (into, from) =>
        {
            for (var i = 0; i < from.Length; i++) into[i] = char.IsControl(from[i]) ? ' ' : from[i];
        })
        : text;
}
