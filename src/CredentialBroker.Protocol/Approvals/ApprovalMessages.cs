namespace CredentialBroker.Protocol.Approvals;

/// <summary>Answer to an accepted approval document.</summary>
/// <param name="Effect"><c>approved</c>, <c>denied</c>, <c>withdrawn</c> or <c>task_finished</c>; <c>prompted</c> when the source's own state is still to be read, <c>noted</c> when nothing follows.</param>
/// <param name="Id">The broker's id of the approval; null for a task end.</param>
public sealed record ApprovalAccepted(string Effect, string? Id = null);

/// <summary>An approval as operators see it. Times are RFC 3339 in UTC.</summary>
public sealed record ApprovalView
{
    /// <summary>The broker's id.</summary>
    public required string Id { get; init; }
    /// <summary>Approval source.</summary>
    public required string Source { get; init; }
    /// <summary>The source's own name for it.</summary>
    public required string Reference { get; init; }
    /// <summary><c>candidate</c>, <c>confirmed</c>, <c>bound</c>, <c>finished</c>, <c>denied</c>, <c>expired</c> or <c>withdrawn</c>.</summary>
    public required string State { get; init; }
    /// <summary>Environment.</summary>
    public required string Environment { get; init; }
    /// <summary>Templates it covers.</summary>
    public required IReadOnlyList<string> Templates { get; init; }
    /// <summary>Workload URI that was approved.</summary>
    public required string Workload { get; init; }
    /// <summary>The approved instance, where one is named.</summary>
    public string? Instance { get; init; }
    /// <summary>Unit of work.</summary>
    public string? Task { get; init; }
    /// <summary>Tier.</summary>
    public required string Tier { get; init; }
    /// <summary>Who asked.</summary>
    public string? Requester { get; init; }
    /// <summary>Who approved.</summary>
    public IReadOnlyList<string> Approvers { get; init; } = [];
    /// <summary>When the broker took it.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
    /// <summary>Latest first claim.</summary>
    public required DateTimeOffset ClaimBy { get; init; }
    /// <summary>End of every lease under it.</summary>
    public required DateTimeOffset ValidUntil { get; init; }
    /// <summary>Distinct instances that may bind.</summary>
    public required int MaxUses { get; init; }
    /// <summary>Distinct instances that did.</summary>
    public required int Uses { get; init; }
}

/// <summary>Approvals, newest first.</summary>
public sealed record ApprovalList(IReadOnlyList<ApprovalView> Approvals);

/// <summary>Answer to ending a task.</summary>
/// <param name="Task">The task.</param>
/// <param name="Leases">Leases whose end this brought forward.</param>
public sealed record TaskEnded(string Task, int Leases);
