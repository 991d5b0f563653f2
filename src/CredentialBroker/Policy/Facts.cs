using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Controls;
using CredentialBroker.Exceptions;
using CredentialBroker.Protocol;
using CredentialBroker.Templates;

namespace CredentialBroker.Policy;

/// <summary>What a workload asks for. Times are UTC milliseconds, durations milliseconds.</summary>
/// <param name="Ttl">Null asks for the template's own.</param>
internal sealed record Ask(string Template, long? Ttl, Intent? Intent, string? Nonce);

/// <summary>What an external policy point said, fetched beforehand. Anything but an explicit, well-formed yes is a no.</summary>
internal abstract record Verdict
{
    private Verdict() { }

    /// <summary>The policy point's own name for its decision, by which its log has it.</summary>
    public string? DecisionId { get; init; }

    /// <summary>No external policy is configured.</summary>
    internal sealed record NotAsked : Verdict;

    internal sealed record Allow(string Revision) : Verdict;

    internal sealed record Deny(string Revision, string Detail) : Verdict;

    internal sealed record Unavailable(string Fault) : Verdict;

    /// <summary>Unavailable, and a live risk acceptance covers this template.</summary>
    internal sealed record RiskAccepted(string Fault, string AcceptanceId) : Verdict;
}

/// <summary>Everything a decision rests on. The decision is a pure function of it.</summary>
/// <param name="Renews">The lease being renewed, or null for a claim.</param>
/// <param name="TaskEnded">Whether the task has a tombstone.</param>
internal sealed record Facts(
    Workload Workload,
    Ask Ask,
    CompiledTemplate? Template,
    Approval? Approval,
    ControlSnapshot Controls,
    Verdict External,
    RenewedLease? Renews,
    bool TaskEnded,
    long Now)
{
    /// <summary>The exception that the claim is judged under; null judges it by the rules alone.</summary>
    public ExceptionRecord? Exception { get; init; }

    /// <summary>The template that was asked for, where its quarantine answers; the approval is judged by it.</summary>
    public CompiledTemplate? Claimed { get; init; }

    /// <summary>The claim as it is in quarantine: nothing that was asked or approved chooses there.</summary>
    public Facts InQuarantine(CompiledTemplate? quarantine) => this with { Claimed = Template, Template = quarantine, Ask = new Ask(Template!.Quarantine!, null, null, Ask.Nonce) };

    /// <summary>Fingerprint of the workload's identity, as it was reviewed and accepted and last seen; null when there is none, or nobody asks.</summary>
    public string? IdentityReviewed { get; init; }

    /// <summary>Minimum controls of the template's environment (R67): <c>dev</c>, <c>standard</c> or <c>regulated</c>; chosen by the operator alone.</summary>
    public string Profile { get; init; } = Profiles.Standard;

    /// <summary>Leases of the template that the instance holds; null where no exception could allow more than the template.</summary>
    public long? Held { get; init; }
}

/// <summary>What policy needs to know of a lease that is being renewed.</summary>
internal sealed record RenewedLease(string Id, string Instance, string ApprovalId, long MaxEndsAt);

/// <summary>The answer of policy to one claim or renewal.</summary>
internal abstract record Decision
{
    private Decision() { }

    /// <param name="Scope">What is granted, and the effective privileges.</param>
    /// <param name="EndsAt">Earliest of TTL, max TTL and approval end.</param>
    /// <param name="EndsBecause">Which of them that is.</param>
    internal sealed record Granted(Scoped.To Scope, long EndsAt, string EndsBecause, long MaxEndsAt, string Tier) : Decision;

    /// <param name="Clause">Name of the first clause that failed; shown to operators and by <c>explain</c>.</param>
    internal sealed record Refused(string Code, string Clause, string Detail) : Decision;
}
