using CredentialBroker.Protocol;
using CredentialBroker.Templates;

namespace CredentialBroker.Policy;

/// <summary>How much, and for how long.</summary>
internal static class GrantClauses
{
    /// <summary>An intent without scopes asks for everything, which is what a template that requires intent does not give.</summary>
    public static Failure? Intent(Judgement claim) =>
        !claim.Template.IntentRequired || Chooses(claim.Facts.Ask.Intent) || Chooses(claim.Facts.Approval?.Intent)
            ? null
            : new Failure(ReasonCodes.IntentRefused, "the template requires an intent that chooses among its scopes");

    public static Failure? Scope(Judgement claim) => claim.Scope switch
    {
        Scoped.To => null,
        Scoped.Refused refused => new Failure(refused.Code, refused.Detail),
        _ => throw new InvalidOperationException("scoping has two outcomes"),
    };

    /// <summary>Too long is refused and never clamped: a workload must not believe in a life it does not have.</summary>
    public static Failure? Ttl(Judgement claim) => claim.Facts.Ask.Ttl switch
    {
        null => null,
        < Life.Least => new Failure(ReasonCodes.RequestMalformed, "a time to live is at least a second"),
        { } wanted when wanted > claim.Template.Ttl =>
            new Failure(ReasonCodes.TtlTooLong, $"asked for {wanted} ms, the template allows {claim.Template.Ttl} ms"),
        _ => null,
    };

    /// <summary>Only an explicit yes is a yes (R01); an accepted risk (R03) stands in for it except where the tier is critical (R04).</summary>
    public static Failure? ExternalPolicy(Judgement claim) => claim.Facts.External switch
    {
        // Nothing of what was asked for is granted; what is, is judged by the clause on quarantine.
        Verdict.Unavailable when claim.Facts.Claimed is not null => null,
        Verdict.NotAsked => null,
        Verdict.Allow { Revision.Length: > 0 } => null,
        Verdict.Allow => new Failure(ReasonCodes.PolicyUnavailable, "external policy said yes without its revision"),
        Verdict.Deny deny => new Failure(ReasonCodes.PolicyDenied, deny.Detail),
        Verdict.Unavailable unavailable => new Failure(ReasonCodes.PolicyUnavailable, unavailable.Fault),
        Verdict.RiskAccepted risk when claim.IsCritical => new Failure(ReasonCodes.PolicyUnavailable, $"{risk.Fault}; no accepted risk covers the tier critical"),
        Verdict.RiskAccepted { AcceptanceId.Length: > 0 } => null,
        Verdict.RiskAccepted => new Failure(ReasonCodes.RiskAcceptanceInvalid, "the accepted risk has no name"),
        _ => new Failure(ReasonCodes.PolicyUnavailable, "external policy gave no answer that policy knows"),
    };

    public static Failure? MaxTtl(Judgement claim) =>
        claim.Facts.Renews is { } lease && lease.MaxEndsAt <= claim.Facts.Now
            ? new Failure(ReasonCodes.MaxTtlReached, "the lease reached its longest life")
            : null;

    public static Failure? LifeLeft(Judgement claim)
    {
        var life = claim.Life;
        if (life.EndsAt - claim.Facts.Now >= Life.Least) return null;
        return life.Because == Life.ApprovalEnd
            ? new Failure(ReasonCodes.ApprovalExpired, "less than a second of the approval is left")
            : new Failure(ReasonCodes.MaxTtlReached, "less than a second of the lease's longest life is left");
    }

    private static bool Chooses(Intent? intent) => intent?.Scopes is { Count: > 0 };
}
