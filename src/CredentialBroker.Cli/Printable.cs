namespace CredentialBroker.Cli;

/// <summary>Text from elsewhere, made harmless to a terminal and kept on one line.</summary>
internal static class Printable
{
    public static string Of(string text) =>
        text.Any(char.IsControl) ? string.Create(text.Length, text, static (into, from) =>
        {
            for (var i = 0; i < from.Length; i++) into[i] = char.IsControl(from[i]) ? ' ' : from[i];
        }) : text;
}
