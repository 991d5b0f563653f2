using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>What becomes of a claim that nothing speaks against, while external policy cannot be asked.</summary>
internal enum Outage
{
    /// <summary>It is refused at once.</summary>
    Deny,
    /// <summary>Nothing is handed out; it is decided afresh until its longest wait is over.</summary>
    Defer,
    /// <summary>It is answered from the template's quarantine.</summary>
    Quarantine,
}

/// <summary>Critical fails closed (R04), privileged waits (R06), low is quarantined where its template says from what (R05); the rest is refused.</summary>
internal static class Outages
{
    public static Outage Of(Facts facts)
    {
        // A renewal keeps what there is until it ends: there is nothing to wait for, and nothing to put in its place.
        if (facts is not { Renews: null, External: Verdict.Unavailable, Template: { } template, Approval: { } approval }) return Outage.Deny;
        var claim = new Judgement(facts);
        if (claim.IsCritical) return Outage.Deny;
        if (approval.Tier == Tiers.Privileged) return Outage.Defer;
        return template is { Tier: Tiers.Low, Quarantine: not null } && facts.Claimed is null ? Outage.Quarantine : Outage.Deny;
    }
}
