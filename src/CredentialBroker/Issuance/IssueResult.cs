using CredentialBroker.Attestation;
using CredentialBroker.Backends;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Issuance;

/// <summary>What a claim or renewal came to. Only <see cref="Granted"/> carries a credential, once.</summary>
internal abstract record IssueResult
{
    private IssueResult() { }

    /// <param name="Secret">Null where a renewal keeps the credential that the workload has.</param>
    /// <param name="Delivery">How the template lets the credential be handed on, where it says.</param>
    internal sealed record Granted(LeaseOfWorkload Lease, Secret? Secret, string DecisionId, Delivery? Delivery) : IssueResult;

    /// <summary>The idempotency key was granted before; its credential left then and is gone.</summary>
    internal sealed record Replayed(LeaseOfWorkload Lease) : IssueResult;

    /// <param name="DecisionId">Null when nobody was proven to ask, so that no decision was made.</param>
    internal sealed record Refused(string Code, string Detail, string? Clause, string? DecisionId) : IssueResult
    {
        /// <summary>When to ask again, where that is known.</summary>
        public TimeSpan? RetryAfter { get; init; }
    }
}

/// <summary>One claim as it came in; nothing in it is trusted.</summary>
/// <param name="Evidence">What came to prove who asks.</param>
/// <param name="BodyHash">Hash of the body's bytes, for the idempotency key.</param>
internal sealed record Claim(Evidence Evidence, Policy.Ask Ask, string IdempotencyKey, string BodyHash)
{
    /// <summary>What was proven beside the evidence.</summary>
    public Alongside Alongside { get; init; } = Alongside.Nothing;
}

/// <summary>What was proven beside the evidence of a claim or renewal.</summary>
/// <param name="Keys">Keys that the workload holds.</param>
/// <param name="Actors">Who acts for the workload, outermost first.</param>
internal sealed record Alongside(HeldKeys Keys, IReadOnlyList<string> Actors)
{
    public static Alongside Nothing { get; } = new(HeldKeys.None, []);

    public Workload Of(Workload workload) => workload with { Keys = Keys, ActChain = [.. Actors, .. workload.ActChain] };
}
