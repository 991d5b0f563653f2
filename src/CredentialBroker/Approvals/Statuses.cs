using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

/// <summary>HTTP status of each refusal of a document.</summary>
internal static class Statuses
{
    public static int Of(string code) => code switch
    {
        ReasonCodes.SourceUnknown => 404,
        ReasonCodes.RequestTooLarge => 413,
        ReasonCodes.ApprovalMalformed or ReasonCodes.EvidenceMalformed or ReasonCodes.EvidenceMissing
            or ReasonCodes.RequestMalformed or ReasonCodes.BinaryMode or ReasonCodes.EventType => 400,
        ReasonCodes.SourceNotEntitled or ReasonCodes.SelfApproval or ReasonCodes.ApproversMissing => 403,
        ReasonCodes.ApprovalReplayed or ReasonCodes.ApprovalFinal or ReasonCodes.ApprovalExpired or ReasonCodes.FactsChanged
            or ReasonCodes.TaskEnded => 409,
        ReasonCodes.EvidenceKeysUnavailable => 503,
        _ when code.StartsWith("evidence_", StringComparison.Ordinal) => 401,
        // A work that the caller added said no: the event was refused with it.
        _ => 409,
    };
}
