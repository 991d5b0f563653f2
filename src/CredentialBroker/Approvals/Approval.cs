using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

internal enum ApprovalState
{
    Candidate = 1,
    Confirmed = 2,
    Bound = 3,
    Finished = 4,
    Denied = 5,
    Expired = 6,
    Withdrawn = 7,
}

/// <summary>How an approval becomes one running instance's.</summary>
internal enum Binding
{
    /// <summary>The approval names the instance.</summary>
    Exact,
    /// <summary>The instance shows the nonce that the approval carries.</summary>
    Nonce,
    /// <summary>The first instance of the approved workload to claim; refused for critical and privileged.</summary>
    FirstClaim,
}

/// <summary>A signed record that a workload may run, normalised from whatever its source sent. Times are UTC milliseconds.</summary>
internal sealed record Approval
{
    public required string Id { get; init; }
    public required string Source { get; init; }
    /// <summary>The source's own name for it; unique within the source.</summary>
    public required string Reference { get; init; }
    public required ApprovalState State { get; init; }
    public required string Environment { get; init; }
    public required IReadOnlyList<string> Templates { get; init; }
    /// <summary>Workload URI that was approved; exact.</summary>
    public required string WorkloadUri { get; init; }
    public string? Instance { get; init; }
    public string? Nonce { get; init; }
    public required Binding Binding { get; init; }
    /// <summary>Stated facts that evidence must prove with equal value, such as <c>serviceAccountUid</c>.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }
    /// <summary>What the source states about the image that runs, having verified it (R63).</summary>
    public ImageFacts? Image { get; init; }
    /// <summary>Unit of work; when absent, a lease's task is <c>{trust source}/{instance}</c>.</summary>
    public string? Task { get; init; }
    public required string Tier { get; init; }
    public Intent? Intent { get; init; }
    public string? Requester { get; init; }
    public IReadOnlyList<string> Approvers { get; init; } = [];
    public required long ReceivedAt { get; init; }
    public long? NotBefore { get; init; }
    public required long ClaimBy { get; init; }
    public required long ValidUntil { get; init; }
    /// <summary>How many distinct instances may bind.</summary>
    public required int MaxUses { get; init; }
    public required int Uses { get; init; }
    /// <summary>What the source saw of the thing that runs, and the need for it.</summary>
    public Circumstances Circumstances { get; init; } = Circumstances.None;
    /// <summary>Whether the claiming instance is among those bound already; filled when read for a claim.</summary>
    public bool BoundToCaller { get; init; }
}
