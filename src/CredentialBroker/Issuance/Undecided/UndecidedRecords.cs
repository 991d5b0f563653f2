using CredentialBroker.Audit;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance.Undecided;

/// <summary>Records of claims that waited for policy, from their beginning to what became of them.</summary>
internal sealed class UndecidedRecords(AuditChain chain, TimeProvider clock)
{
    public Work Begun(UndecidedClaim claim, string detail) => Of(claim, claim.Kind == UndecidedKind.Deferred ? "deferral.created" : "quarantine.entered", detail);

    public Work Over(UndecidedClaim claim, string outcome, string detail) => Of(
        claim, claim.Kind == UndecidedKind.Deferred ? "deferral.resolved" : "quarantine.left", $"{outcome} after {claim.Rechecks} rechecks; {detail}");

    private Work Of(UndecidedClaim claim, string type, string detail) => (AuditEvent.Of(clock, type, Streams.Issuance) with
    {
        Lease = claim.Lease,
        Approval = claim.ApprovalId,
        Template = claim.Ask.Template,
        Subject = claim.WorkloadId,
        Cause = claim.Id,
        Detail = detail,
    }).On(chain);
}
