using CredentialBroker.Approvals;
using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>
/// Minimum controls of an environment (R67). <c>regulated</c> takes no unpinned or unsigned image, no evidence below
/// strength 3, nobody who merely comes first, and nothing whose stolen credential would reach further (R69).
/// </summary>
internal static class Profiles
{
    public const string Dev = "dev", Standard = "standard", Regulated = "regulated";

    public static readonly IReadOnlyList<string> All = [Dev, Standard, Regulated];

    private const int LeastStrength = 3;

    public static Failure? Holds(Judgement claim)
    {
        if (claim.Facts.Profile is Dev or Standard) return null;
        if (claim.Facts.Profile != Regulated) return new Failure(ReasonCodes.PolicyUnavailable, "the environment's profile is none that policy knows");
        var approval = claim.Approval;
        if (approval.Image is not { IsPinned: true, Signer: not null }) return Refused("an image that is pinned by digest and signed, which the approval does not state");
        if (claim.Facts.Workload.Strength < LeastStrength) return Refused($"evidence of strength {LeastStrength}, and this has {claim.Facts.Workload.Strength}");
        if (approval.Binding == Binding.FirstClaim) return Refused("an approval of one instance, and this is for whoever comes first");
        return approval.Circumstances.Weaknesses is [var weakness, ..] ? Refused($"no {weakness}") : null;

        static Failure Refused(string demand) => new(ReasonCodes.ProfileRefused, $"the regulated profile takes {demand}");
    }

    /// <summary>Whoever gets part of a host is known by image, need, resources and posture (R45).</summary>
    public static Failure? PrivilegedIsStated(Judgement claim)
    {
        if (!claim.IsPrivileged) return null;
        var (seen, image) = (claim.Approval.Circumstances, claim.Approval.Image);
        if (image?.IsPinned != true) return Unknown("the image's digest");
        if (seen.Ticket is null && claim.Approval.Intent is null) return Unknown("the need: a ticket or an intent");
        if (seen.HostResources.Count == 0) return Unknown("the host resources");
        return seen.Posture is null ? Unknown("the approved posture") : null;

        static Failure Unknown(string what) => new(ReasonCodes.PostureUnknown, $"the approval is privileged and does not state {what}");
    }

    /// <summary>What acts on its own gets its scopes by intent, for five minutes at a time (R20).</summary>
    public static Failure? AutonomousIsNarrow(Judgement claim)
    {
        if (!claim.Approval.Circumstances.IsAutonomous) return null;
        if (claim.Approval.Intent is null) return new Failure(ReasonCodes.IntentRefused, "the approval is for an autonomous workload and states no intent");
        return (claim.Facts.Ask.Ttl ?? claim.Template.Ttl) > LongestAutonomous
            ? new Failure(ReasonCodes.TtlTooLong, "an autonomous workload gets credentials for five minutes at most; ask for a ttl of 5m or less")
            : null;
    }

    private const long LongestAutonomous = 5 * 60 * 1000;
}
