using CredentialBroker.Approvals.Intake;
using CredentialBroker.Audit;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>Audit records about approvals. Each names the owners of its source (R39) and the environment (R66).</summary>
internal sealed class ApprovalRecords(AuditChain chain, TimeProvider clock)
{
    public Work Received(ApprovalSource source, Approval approval, string eventId)
    {
        var approvers = approval.Approvers.Count == 0 ? "not named" : string.Join(", ", approval.Approvers);
        var entry = About(source, approval, "approval.received", eventId);
        return (entry with
        {
            Count = approval.MaxUses,
            Detail = $"{entry.Detail}; tier {approval.Tier}; requester {approval.Requester ?? "not named"}; approvers {approvers}{Remarks(approval)}",
        }).On(chain);
    }

    public Work Stopped(ApprovalSource source, Approval approval, string effect, string eventId) =>
        About(source, approval, $"approval.{effect}", eventId).On(chain);

    /// <summary>A candidate was seen to be there.</summary>
    public Work Confirmed(ApprovalSource source, Approval approval, string by) => About(source, approval, "approval.confirmed", by).On(chain);

    public Work ImageRefused(ApprovalSource source, string digest, string eventId) =>
        (Of(source, "approval.image_refused") with { Subject = digest, Detail = $"event {eventId}; live approvals of this source that rest on the image are withdrawn" }).On(chain);

    /// <summary>A long-running service goes on; what was looked at again is in the record.</summary>
    public Work Reaffirmed(ApprovalSource source, Approval approval, string evidence) =>
        (About(source, approval, "approval.reaffirmed", approval.Id) with { Actor = "broker", Detail = evidence }).On(chain);

    public Work Rejected(ApprovalSource source, string? eventId, Refusal refusal) => (Of(source, "approval.rejected") with
    {
        Cause = refusal.Code,
        Detail = eventId is null ? refusal.Detail : $"event {eventId}; {refusal.Detail}",
    }).On(chain);

    public Work Prompted(ApprovalSource source, Verified.Prompted prompted) => (Of(source, "approval.prompted") with
    {
        Count = prompted.Prompts.Count,
        Detail = $"event {prompted.Events[0]}; about {prompted.Prompts[0].About}",
    }).On(chain);

    /// <summary>What a reviewer would want to know first.</summary>
    private static string Remarks(Approval approval) =>
        (SecondPerson.IsSelfApproved(approval.Requester, approval.Approvers) ? "; approved by its requester, which this source allows" : "")
        + (approval.Image is { } image ? $"; image {image.Reference}, signature {image.Verdict}{(image.Signer is { } signer ? $" by {signer}" : "")}" : "")
        + Remarks(approval.Circumstances);

    private static string Remarks(Circumstances seen) =>
        (seen.RiskClass is { } risk ? $"; risk class {risk}" : "") + (seen.Owner is { } owner ? $"; answered for by {owner}" : "")
        + (seen.Ticket is { } ticket ? $"; ticket {ticket}" : "") + (seen.Posture is { } posture ? $"; posture {posture}" : "")
        + (seen.HostResources.Count > 0 ? $"; host resources {string.Join(", ", seen.HostResources)}" : "")
        + (seen.Weaknesses.Count > 0 ? $"; weaknesses {string.Join(", ", seen.Weaknesses)}" : "");

    private AuditEvent About(ApprovalSource source, Approval approval, string type, string eventId) => Of(source, type) with
    {
        Approval = approval.Id,
        Task = approval.Task,
        Template = approval.Templates.Count == 0 ? null : string.Join(", ", approval.Templates),
        Environment = approval.Environment.Length == 0 ? null : approval.Environment,
        Subject = approval.WorkloadUri.Length == 0 ? null : approval.WorkloadUri,
        Detail = $"event {eventId}; reference {approval.Reference}",
    };

    private AuditEvent Of(ApprovalSource source, string type) => AuditEvent.Of(clock, type, Streams.Control) with
    {
        Actor = $"source:{source.Name}",
        Owners = source.Owners,
    };
}
