using CredentialBroker.Protocol;

namespace CredentialBroker.Leases;

internal enum LeaseState
{
    Pending = 1,
    Active = 2,
    Ending = 3,
    Ended = 4,
}

/// <summary>One issued credential and everything needed to end it; never the secret. Times are UTC milliseconds.</summary>
internal sealed record Lease
{
    public required string Id { get; init; }
    public required LeaseState State { get; init; }
    public required string Template { get; init; }
    public required string TemplateRevision { get; init; }
    public required string Backend { get; init; }
    public required string Target { get; init; }
    public required string Environment { get; init; }
    /// <summary>Row of the instance in <c>workloads</c>.</summary>
    public required string WorkloadId { get; init; }
    public required string Task { get; init; }
    public required string ApprovalId { get; init; }
    public required string DecisionId { get; init; }
    public required long CreatedAt { get; init; }
    public required long EndsAt { get; init; }
    /// <summary>The cause that <see cref="EndsAt"/> stands for; becomes <see cref="Cause"/> when it is reached.</summary>
    public required string EndsBecause { get; init; }
    /// <summary>No renewal passes this.</summary>
    public required long MaxEndsAt { get; init; }
    public required long DiesBy { get; init; }
    public required string Handle { get; init; }
    /// <summary>Keyed fingerprint of the credential, for matching a found one; null until it was made.</summary>
    public string? Fingerprint { get; init; }
    public required Revocability Revocability { get; init; }
    /// <summary>Operation in flight at the target, until it settled.</summary>
    public string? OpId { get; init; }
    /// <summary>When the operation in flight can no longer take effect: its deadline plus the backend's settle time.</summary>
    public long? OpSettlesAt { get; init; }
    /// <summary>When something is next to be done about the lease.</summary>
    public long? DueAt { get; init; }
    public string? ClaimOwner { get; init; }
    public int Attempts { get; init; }
    public string? LastError { get; init; }
    public string? Cause { get; init; }
    public long? EndedAt { get; init; }
    /// <summary>The key that signed the evidence it was issued for, as its issuer names it.</summary>
    public string? KeyId { get; init; }
    /// <summary>Who acts for the workload, outermost first.</summary>
    public IReadOnlyList<string> Agents { get; init; } = [];
    /// <summary>Exception that it rests on; lies beside the row.</summary>
    public string? Exception { get; init; }
    /// <summary>A legacy check-out, which is no equivalent of a credential of its own; lies beside the row.</summary>
    public bool NotEquivalent { get; init; }

    /// <summary>An ending that failed this often is shown as stuck; it is still retried.</summary>
    public const int StuckAfter = 6;

    public bool Stuck => State == LeaseState.Ending && Attempts >= StuckAfter;

    public bool Over => State is LeaseState.Ending or LeaseState.Ended;

    /// <summary>Nobody asked for its end by hand, and it is no clearing up after a failed mint: a hold keeps it.</summary>
    public bool EndsByItself => (Cause ?? EndsBecause) is var cause && cause != Causes.MintFailed && !Causes.IsByHand(cause);
}

/// <summary>Why leases end. Values are on the wire and in audit records.</summary>
internal static class Causes
{
    public const string Ttl = "ttl";
    public const string MaxTtl = "max_ttl";
    public const string TaskEnd = "task_end";
    public const string WorkloadGone = "workload_gone";
    public const string Drift = "drift";
    public const string ApprovalEnd = "approval_end";
    public const string ApprovalWithdrawn = "approval_withdrawn";
    public const string ExceptionEnd = "exception_end";
    public const string TemplateChanged = "template_changed";
    public const string PolicyChanged = "policy_changed";
    public const string Revoked = "revoked";
    public const string Incident = "incident";
    public const string Misused = "misused";
    public const string MintFailed = "mint_failed";

    public static bool IsByHand(string cause) => cause is Revoked or Incident or Misused;
}
