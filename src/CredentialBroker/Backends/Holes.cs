using System.Buffers;
using System.Text.RegularExpressions;

namespace CredentialBroker.Backends;

/// <summary>
/// Texts of templates with holes such as <c>{workload.namespace}</c>. A value goes in as it is or the claim is refused:
/// nothing is escaped into shape, and no value can bring quotes, blanks, control characters or holes of its own.
/// </summary>
internal static partial class Holes
{
    public const int LongestValue = 128;

    /// <summary>Facts about the workload; every other hole is a parameter of the intent.</summary>
    public const string FactPrefix = "workload.";

    private static readonly SearchValues<char> Safe =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-");

    /// <summary>True when every brace of the text belongs to a hole.</summary>
    public static bool AreWellFormed(string text) => !Hole().Replace(text, "").AsSpan().ContainsAny('{', '}');

    public static IEnumerable<string> In(string text) => Hole().Matches(text).Select(match => match.Groups[1].Value);

    public static bool IsSafe(string? value) =>
        value is { Length: > 0 and <= LongestValue } && !value.AsSpan().ContainsAnyExcept(Safe);

    /// <summary>Fills every hole; null when a value is missing or unsafe, and then <paramref name="hole"/> names it.</summary>
    public static string? Fill(string text, Func<string, string?> valueOf, out string hole)
    {
        var refused = "";
        var filled = Hole().Replace(text, match =>
        {
            var name = match.Groups[1].Value;
            var value = valueOf(name);
            if (IsSafe(value)) return value!;
            refused = name;
            return "";
        });
        hole = refused;
        return refused.Length == 0 ? filled : null;
    }

    [GeneratedRegex(@"\{([a-z][A-Za-z0-9_.]{0,63})\}", RegexOptions.CultureInvariant)]
    private static partial Regex Hole();
}
