using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>Who asks, and for what.</summary>
internal static class WorkloadClauses
{
    public static Failure? LeaseIsTheCallers(Judgement claim) =>
        claim.Facts.Renews is not { } lease || string.Equals(lease.Instance, claim.Facts.Workload.Instance, StringComparison.Ordinal)
            ? null
            : new Failure(ReasonCodes.LeaseUnknown, "the lease is another instance's");

    public static Failure? TemplateExists(Judgement claim) =>
        claim.Facts.Template is { } template && string.Equals(template.Name, claim.Facts.Ask.Template, StringComparison.Ordinal)
            ? null
            : new Failure(ReasonCodes.TemplateUnknown, "no such template is active");

    public static Failure? Matched(Judgement claim) =>
        claim.Template.Workloads.Any(pattern => pattern.Matches(claim.Facts.Workload.Uri))
            ? null
            : new Failure(ReasonCodes.WorkloadNotMatched, $"the template matches no workload {claim.Facts.Workload.Uri}");

    public static Failure? Strength(Judgement claim) =>
        claim.Facts.Workload.Strength >= claim.Template.MinStrength
            ? null
            : new Failure(ReasonCodes.StrengthTooLow, $"evidence of strength {claim.Facts.Workload.Strength}, the template demands {claim.Template.MinStrength}");

    // A connection proves its certificate's key anew, so nothing of it can be kept and shown again; but a template that
    // counts pieces of evidence would find the same one in every claim, and must say what it wants instead. A renewal uses none up.
    public static Failure? OneTime(Judgement claim) =>
        !claim.Template.OneTimeEvidence || claim.Facts.Renews is not null || claim.Facts.Workload.Reuse != EvidenceReuse.Always
            ? null
            : new Failure(ReasonCodes.OneTimeEvidenceRequired, "a client certificate is no one-time evidence; the template demands a token of its own for each claim");

    public static Failure? IdentityReviewed(Judgement claim) =>
        !claim.Template.IdentityReviewed || claim.Facts.IdentityReviewed is not null
            ? null
            : new Failure(ReasonCodes.ReviewInvalid, "the workload's effective identity was never accepted as it is now; credbroker review identity");

    public static Failure? Delegation(Judgement claim) =>
        claim.Facts.Workload.ActChain.Count <= claim.Template.MaxDelegation
            ? null
            : new Failure(ReasonCodes.DelegationTooDeep, $"{claim.Facts.Workload.ActChain.Count} acting parties, the template allows {claim.Template.MaxDelegation}");
}
