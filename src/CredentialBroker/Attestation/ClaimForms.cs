using System.Globalization;
using System.Text;

namespace CredentialBroker.Attestation;

/// <summary>Forms a claim may have. What passes may stand in a selector, a log line and a page without being escaped again.</summary>
internal static class ClaimForms
{
    private const int MaxName = 255;
    private const int MaxText = 512;

    internal static bool Digits(string text) => text.Length is > 0 and <= 20 && text.All(char.IsAsciiDigit);

    internal static bool Flag(string text) => text is "true" or "false";

    internal static bool CommitHash(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Printable ASCII without white space and quotes.</summary>
    internal static bool Name(string text) =>
        text.Length is > 0 and <= MaxName && text.All(c => c is > ' ' and <= '~' and not ('"' or '\'' or '`' or '\\'));

    /// <summary>Text of any script, with inner spaces, but nothing invisible, nothing that turns its direction, and no quotes.</summary>
    internal static bool Plain(string text) =>
        text.Length is > 0 and <= MaxText && text[0] != ' ' && text[^1] != ' ' && text.EnumerateRunes().All(IsPlain);

    private static bool IsPlain(Rune rune) => rune.Value is ' ' || (rune.Value is not ('"' or '\'' or '`' or '\\') && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator));
}
