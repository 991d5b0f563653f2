using System.Text;

namespace CredentialBroker.Node.Reading;

/// <summary>
/// How Go's <c>encoding/json</c>, which the engine reads with, compares a member's name with a field's: equal under simple
/// case folding. Of the letters that fold to ASCII two are not ASCII: U+017F folds to s, and U+212A to k.
/// </summary>
internal static class GoNames
{
    public static string Fold(string name)
    {
        var folded = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            folded.Append(c switch
            {
                >= 'A' and <= 'Z' => (char)(c | 0x20),
                '\u017F' => 's',
                '\u212A' => 'k',
                _ => c,
            });
        }

        return folded.ToString();
    }
}
