using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// Paths on their way into a URL. What may be in one is decided here by an alphabet that needs no escaping; a path is
/// judged again after its holes were filled, so that no value adds a segment or climbs out of one.
/// </summary>
internal static partial class VaultPath
{
    public const string Form = "must be a path of an engine, such as database/creds/orders, of letters, digits and _.- between single slashes";
    private const int Longest = 512;

    /// <summary>Paths of Vault itself: a lease never reads, and a template never names one.</summary>
    private static readonly string[] Own = ["sys", "auth", "identity", "cubbyhole"];

    public static bool IsSegment(string text) => Segment().IsMatch(text) && text is not ("." or "..");

    /// <summary>Any number of segments.</summary>
    public static bool IsPlain(string path) => path.Length is > 0 and <= Longest && path.Split('/').All(IsSegment);

    /// <summary>A path of an engine: not one of Vault's own, and below a mount.</summary>
    public static bool IsReadable(string path) => IsPlain(path) && path.Contains('/', StringComparison.Ordinal) && !Own.Contains(path.Split('/')[0], StringComparer.OrdinalIgnoreCase);

    /// <summary>The mount stands in full: a pattern that begins with <c>*</c> would reach Vault's own paths.</summary>
    public static bool IsPattern(string pattern) => !pattern.StartsWith('*') && IsReadable(string.Join('/', pattern.Split('/').Select(segment => segment == "*" ? "x" : segment)));

    public static bool Matches(string path, string pattern)
    {
        var (have, want) = (path.Split('/'), pattern.Split('/'));
        return have.Length == want.Length && have.Zip(want).All(pair => pair.Second == "*" || pair.First == pair.Second);
    }

    public static bool IsAllowed(string path, IReadOnlyList<string> patterns) => IsReadable(path) && patterns.Any(pattern => Matches(path, pattern));

    /// <summary>What an accessor looks like; Vault makes it, and it goes into bodies only.</summary>
    public static bool IsAccessor(string text) => Segment().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Segment();
}
