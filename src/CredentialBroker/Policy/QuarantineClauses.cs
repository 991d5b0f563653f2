using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>What may be handed out while nobody knows whether it should: little, for a short time, and nothing of a cloud (R05).</summary>
internal static class QuarantineClauses
{
    /// <summary>Longest life of a credential in quarantine, in milliseconds.</summary>
    public const long Longest = 5 * 60 * 1000;

    private static readonly string[] Clouds = ["aws", "azure", "gcp"];

    public static Failure? Harmless(Judgement claim)
    {
        if (claim.Facts.Claimed is null) return null;
        if (claim.Template.Tier != Tiers.Low) return Unfit($"is of tier {claim.Template.Tier}, and no more than low is given in quarantine");
        if (claim.Template.Ttl > Longest) return Unfit("gives more than five minutes");
        return Clouds.Contains(claim.Template.BackendName, StringComparer.Ordinal) ? Unfit($"gives a credential of {claim.Template.BackendName}") : null;

        Failure Unfit(string why) => new(ReasonCodes.PolicyUnavailable, $"external policy cannot be asked, and the quarantine template {claim.Template.Name} {why}");
    }
}
