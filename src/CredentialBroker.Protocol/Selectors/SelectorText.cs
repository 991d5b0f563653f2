using System.Globalization;
using System.Text;

namespace CredentialBroker.Protocol.Selectors;

/// <summary>The characters of selectors: which may stand bare, which need quotes, which are refused.</summary>
internal static class SelectorText
{
    private const string Special = ",()\"*=!<>\\";

    /// <summary>May stand in a value without quotes.</summary>
    public static bool IsBare(char c) => !char.IsWhiteSpace(c) && !Special.Contains(c, StringComparison.Ordinal);

    /// <summary>Offset of the first character that may stand nowhere: control, invisible formatting or half a pair; else -1.</summary>
    public static int FirstRefused(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else if (IsRefused(text[i])) return i;
        }

        return -1;
    }

    /// <summary>Appends a value as it is written: bare where that reads back the same, else quoted.</summary>
    public static StringBuilder AppendValue(this StringBuilder text, string value)
    {
        if (value.Length > 0 && value.All(IsBare)) return text.Append(value);
        text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\') text.Append('\\');
            text.Append(c);
        }

        return text.Append('"');
    }

    private static bool IsRefused(char c) => char.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
