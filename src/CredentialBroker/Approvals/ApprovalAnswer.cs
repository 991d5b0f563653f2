namespace CredentialBroker.Approvals;

/// <summary>An event that is about to be recorded, for whoever has works to commit with it, such as ending leases.</summary>
/// <param name="Effect"><c>approved</c>, <c>denied</c>, <c>withdrawn</c>, <c>task_finished</c>, <c>image_refused</c>; <c>prompted</c> and <c>noted</c> change nothing yet.</param>
/// <param name="ApprovalId">The approval it is about; null when a task finished.</param>
/// <param name="Reference">The source's own name for it; null when a task finished.</param>
/// <param name="Task">The task that finished, or the approval's task.</param>
internal sealed record ApprovalArrived(string Source, string Effect, string? ApprovalId, string? Reference, string? Task)
{
    /// <summary>Digest of an image that is not trusted any more.</summary>
    public string? Image { get; init; }
}

/// <summary>What a source is told about the document it sent.</summary>
internal abstract record ApprovalAnswer
{
    private ApprovalAnswer() { }

    /// <summary>It is recorded, and what it does is done.</summary>
    internal sealed record Accepted(string? ApprovalId, string Effect, string? Reference, string? Task) : ApprovalAnswer;

    /// <param name="Code">Stable reason code.</param>
    /// <param name="Detail">What was wrong; never quotes the document.</param>
    /// <param name="Status">HTTP status of the answer.</param>
    internal sealed record Refused(string Code, string Detail, int Status) : ApprovalAnswer;
}
