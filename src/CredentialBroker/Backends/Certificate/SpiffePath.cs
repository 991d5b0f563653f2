using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Certificate;

/// <summary>
/// Paths of SPIFFE IDs (SPIFFE-ID standard section 2.2): segments of letters, digits and <c>.-_</c>, none of them
/// empty, <c>.</c> or <c>..</c>. A hole is filled within its segment, and can make no new one.
/// </summary>
internal static partial class SpiffePath
{
    private const int MaxLength = 1024;

    public static bool IsSegment(string text) => text is not ("." or "..") && Segment().IsMatch(text);

    /// <summary>What a target allows.</summary>
    public static bool IsPattern(string path) => Segments(path) is { } segments && segments.All(segment => segment == "*" || IsSegment(segment));

    /// <summary>What a template may say: segments with holes in them.</summary>
    public static bool IsTemplate(string path) => Holes.AreWellFormed(path) && Segments(path) is { } segments && segments.All(segment => IsSegment(Plain(segment)));

    /// <summary>Whether everything that the template's path can become is within the pattern.</summary>
    public static bool IsWithin(string path, string pattern)
    {
        var (said, allowed) = (Segments(path)!, Segments(pattern)!);
        return said.Length == allowed.Length && said.Zip(allowed).All(pair => pair.Second == "*" || pair.First == pair.Second);
    }

    /// <summary>Fills every hole; null when a value is missing or is not part of one segment, and then <paramref name="hole"/> names it.</summary>
    public static string? Fill(string path, Func<string, string?> valueOf, out string hole)
    {
        var filled = Holes.Fill(path, name => valueOf(name) is { } value && Segment().IsMatch(value) ? value : null, out hole);
        return filled is { Length: <= MaxLength } && Segments(filled)!.All(IsSegment) ? filled : null;
    }

    private static string[]? Segments(string path) => path.Length is > 1 and <= MaxLength && path[0] == '/' ? path[1..].Split('/') : null;

    private static string Plain(string segment) => Holes.In(segment).Aggregate(segment, (rest, hole) => rest.Replace($"{{{hole}}}", "x", StringComparison.Ordinal));

    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Segment();
}
