using System.Buffers;
using System.Globalization;
using System.Text;

namespace CredentialBroker.Approvals;

/// <summary>Words of configuration and documents that name one of a closed set.</summary>
internal static class Words
{
    public static readonly IReadOnlyDictionary<string, Binding> Bindings = new Dictionary<string, Binding>(StringComparer.Ordinal)
    {
        ["exact"] = Binding.Exact,
        ["nonce"] = Binding.Nonce,
        ["firstClaim"] = Binding.FirstClaim,
    };

    /// <summary>Tiers from the lowest to the highest.</summary>
    public static readonly IReadOnlyList<string> Tiers = ["low", "standard", Critical, Privileged];

    public const string Critical = "critical";

    /// <summary>Derived by a gate from what it saw of the thing that runs; no template's.</summary>
    public const string Privileged = "privileged";

    /// <summary>Tiers for which neither a shared secret nor whoever comes first is proof enough.</summary>
    public static bool IsGuarded(string tier) => tier is Critical or Privileged;

    public static bool Exceeds(string tier, string limit) => RankOf(tier) > RankOf(limit);

    private static int RankOf(string tier) => Tiers.Index().Single(t => t.Item == tier).Index;
}

/// <summary>Which characters may appear where.</summary>
internal static class Text
{
    private static readonly SearchValues<char> InNames = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>A name of a source, template or environment.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 63
        && !text.AsSpan().ContainsAnyExcept(InNames)
        && char.IsAsciiLetterOrDigit(text[0]);

    /// <summary>An event id: safe in a log line and a lock's name.</summary>
    public static bool IsEventId(string text) =>
        text.Length is > 0 and <= 128 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-');

    /// <summary>
    /// No control character, no line or paragraph separator, no invisible format character, no half of a pair: what a
    /// person reads in a record is what was signed.
    /// </summary>
    public static bool IsPlain(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == 0xFFFD) return false;
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
            {
                return false;
            }
        }

        return true;
    }
}
