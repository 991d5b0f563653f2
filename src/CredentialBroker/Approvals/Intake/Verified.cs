using CredentialBroker.Approvals.Prompts;

namespace CredentialBroker.Approvals.Intake;

/// <summary>Outcome of proving who sent something, and of reading what they said.</summary>
internal abstract record Verified
{
    private Verified() { }

    /// <param name="Events">Names under which the source sent it; each takes effect once. The first is the event's own.</param>
    /// <param name="KeepUntil">When the same bytes could no longer be accepted, in UTC milliseconds.</param>
    internal sealed record As(IReadOnlyList<string> Events, long KeepUntil, ApprovalDocument Document) : Verified;

    /// <summary>It only says where to look: kept until the source's own state was read.</summary>
    internal sealed record Prompted(IReadOnlyList<string> Events, long KeepUntil, IReadOnlyList<Prompt> Prompts) : Verified;

    /// <summary>Authentic, known, and of no consequence here, such as a job that was queued.</summary>
    internal sealed record Noted : Verified;

    /// <param name="Authentic">Whether the source was proven to have sent it, so that the refusal is recorded.</param>
    /// <param name="EventId">The event's own name, where it was read.</param>
    internal sealed record Refused(string Code, string Detail, bool Authentic, string? EventId = null) : Verified;
}
