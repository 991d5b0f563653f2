using CredentialBroker.Approvals.Intake;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>What else has to hold when some source approves, which a room above this one knows.</summary>
internal interface ISourceGuard
{
    /// <summary>Why it may not approve this; null when it may, or is none of this guard's.</summary>
    Refusal? Refuse(ApprovalSource source, ApprovalDocument.Approved document);

    /// <summary>What has to hold in the very commit of the approval.</summary>
    IEnumerable<Work> Works(ApprovalSource source);
}
