using CredentialBroker.Policy;

namespace CredentialBroker.Issuance.Undecided;

internal enum UndecidedKind
{
    /// <summary>Nothing was handed out.</summary>
    Deferred = 1,
    /// <summary>It was answered from quarantine.</summary>
    Quarantined = 2,
}

/// <summary>A claim that nothing spoke against while external policy could not be asked. Times are UTC milliseconds.</summary>
/// <param name="Key">The claim's idempotency key, within its instance.</param>
/// <param name="Ask">What was asked for; judged again as it was.</param>
/// <param name="Lease">What it got in quarantine.</param>
/// <param name="Until">When nobody waits any more.</param>
/// <param name="Rechecks">How often it was judged again without an answer.</param>
/// <param name="Outcome">What became of it; null while it is not known. Final.</param>
internal sealed record UndecidedClaim(
    string Key, string Id, UndecidedKind Kind, string WorkloadId, Ask Ask, string ApprovalId, string? Lease, long BegunAt, long Until, long NextAt, int Rechecks, string? Outcome)
{
    public const string Granted = "granted", Refused = "refused", Expired = "expired", LeaseOver = "lease_over";
}
