using System.Globalization;
using System.Text;

namespace CredentialBroker.Templates.Documents;

/// <summary>How text from a document is shown in a mistake: short, and free of characters that disturb a terminal or log.</summary>
internal static class Shown
{
    private const int Longest = 60;

    public static string Text(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= Longest) return shown.Append('…').ToString();
            var hidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            shown.Append(hidden ? "\uFFFD" : rune.ToString());
        }

        return shown.ToString();
    }

    /// <summary>The path of a member below a path, such as <c>metadata.name</c>.</summary>
    public static string Member(string path, string name) => path.Length == 0 ? Text(name) : $"{path}.{Text(name)}";
}
