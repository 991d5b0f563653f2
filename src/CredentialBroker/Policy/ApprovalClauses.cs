using CredentialBroker.Approvals;
using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>Was it approved: by whom, for what, when, how often.</summary>
internal static class ApprovalClauses
{
    public static Failure? Exists(Judgement claim) =>
        claim.Facts.Approval is null ? new Failure(ReasonCodes.NoApproval, "no approval speaks of this workload and template") : null;

    public static Failure? Source(Judgement claim) =>
        claim.Approval.Source == OwnSources.BreakGlass || claim.Claimed.ApprovalSources.Contains(claim.Approval.Source, StringComparer.Ordinal)
            ? null
            : new Failure(ReasonCodes.SourceNotEntitled, $"the template accepts no approvals of {claim.Approval.Source}");

    public static Failure? State(Judgement claim) => claim.Approval.State switch
    {
        ApprovalState.Confirmed or ApprovalState.Bound => null,
        ApprovalState.Candidate => new Failure(ReasonCodes.ApprovalNotConfirmed, "the approved thing is not confirmed to run"),
        ApprovalState.Finished => new Failure(ReasonCodes.TaskEnded, "the approval's task is over"),
        ApprovalState.Denied => new Failure(ReasonCodes.ApprovalDenied, "the approval was denied"),
        ApprovalState.Expired => new Failure(ReasonCodes.ApprovalExpired, "the approval is expired"),
        ApprovalState.Withdrawn => new Failure(ReasonCodes.ApprovalWithdrawn, "the approval was withdrawn"),
        _ => new Failure(ReasonCodes.PolicyUnavailable, "the approval's state is none that policy knows"),
    };

    public static Failure? CoversTemplate(Judgement claim) =>
        claim.Approval.Templates.Contains(claim.Claimed.Name, StringComparer.Ordinal)
            ? null
            : new Failure(ReasonCodes.NoApproval, "the approval does not name this template");

    public static Failure? NamesWorkload(Judgement claim) =>
        string.Equals(claim.Approval.WorkloadUri, claim.Facts.Workload.Uri, StringComparison.Ordinal)
            ? null
            : new Failure(ReasonCodes.NoApproval, "the approval is for another workload");

    /// <summary>An approval for one environment is none for another (R66).</summary>
    public static Failure? Environment(Judgement claim) =>
        string.Equals(claim.Approval.Environment, claim.Template.Environment, StringComparison.Ordinal)
            ? null
            : new Failure(ReasonCodes.EnvironmentMismatch, $"approved for {claim.Approval.Environment}, the template is for {claim.Template.Environment}");

    public static Failure? Begun(Judgement claim) =>
        claim.Approval.NotBefore > claim.Facts.Now
            ? new Failure(ReasonCodes.ApprovalNotYetValid, "the approval's window has not begun")
            : null;

    /// <summary>A new instance comes soon after the approval (R49); one that is bound, or renews, did come in time.</summary>
    public static Failure? ClaimedInTime(Judgement claim) =>
        claim.Approval.BoundToCaller || claim.IsRenewal || claim.Approval.ClaimBy > claim.Facts.Now
            ? null
            : new Failure(ReasonCodes.ApprovalExpired, "the approval was not claimed in time");

    public static Failure? NotOver(Judgement claim) =>
        claim.Approval.ValidUntil > claim.Facts.Now ? null : new Failure(ReasonCodes.ApprovalExpired, "the approval's validity is over");

    public static Failure? Uses(Judgement claim) =>
        claim.Approval.BoundToCaller || claim.Approval.Uses < claim.Approval.MaxUses
            ? null
            : new Failure(ReasonCodes.ApprovalUsedUp, $"the approval allows {claim.Approval.MaxUses} instances, and as many are bound");

    public static Failure? Tier(Judgement claim)
    {
        if (Tiers.Rank(claim.Template.Tier) is not { } needed) return new Failure(ReasonCodes.PolicyUnavailable, "the template's tier is none that policy knows");
        return Tiers.Rank(claim.Approval.Tier) >= needed
            ? null
            : new Failure(ReasonCodes.TierMismatch, $"approved as {claim.Approval.Tier}, the template is {claim.Template.Tier}");
    }
}
