namespace CredentialBroker.Policy;

/// <summary>How much is at stake, in order. <c>privileged</c> is derived elsewhere and never a claim's own word.</summary>
internal static class Tiers
{
    public const string Low = "low";
    public const string Standard = "standard";
    public const string Critical = "critical";

    public const string Privileged = "privileged";

    /// <summary>Null for a word that is no tier.</summary>
    public static int? Rank(string tier) => tier switch
    {
        Low => 0,
        Standard => 1,
        Critical => 2,
        Privileged => 3,
        _ => null,
    };
}
