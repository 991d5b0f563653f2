using System.Diagnostics;
using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>
/// The audit record of one decision: declared when a workload is known, enriched on the way, written whatever happens.
/// </summary>
internal sealed class DecisionRecord(TimeProvider clock, AuditChain chain, string operation, Workload workload)
{
    public string Id { get; } = Ids.New(clock);

    public string Operation => operation;

    public Facts? Facts { get; set; }

    public string? LeaseId { get; set; }

    public string? Task { get; set; }

    public Work Granted(Decision.Granted granted) => Append(Facts?.Claimed is null ? "granted" : "quarantined", "ok", null, granted.Tier, granted.Scope.Privileges);

    public Work Refused(string code, string? clause) => Append(code == ReasonCodes.TierDeferred ? "deferred" : "refused", code, clause, Facts?.Template?.Tier, []);

    /// <summary>What was bent for a grant is told beside the decision that rests on it, and marked on its lease, in the same commit (R03, R51, R52).</summary>
    public IReadOnlyList<Work> RiskUsed(Facts facts) =>
    [
        .. facts.External is Verdict.RiskAccepted risk ? [Used(facts, "risk_acceptance.used", risk.AcceptanceId, risk.Fault)] : Array.Empty<Work>(),
        .. facts.Exception is { } exception ? [Used(facts, "exception.used", exception.Id, $"ticket {exception.Ticket}")] : Array.Empty<Work>(),
        .. facts.Approval?.Source == OwnSources.BreakGlass ? [Used(facts, "breakglass.used", facts.Approval.Reference, $"opened by {facts.Approval.Requester}")] : Array.Empty<Work>(),
        .. facts.Exception is not null || facts.Template?.Legacy is not null ? [LeaseMarks.Of(LeaseId!, facts.Exception?.Id, facts.Template?.Legacy is not null)] : Array.Empty<Work>(),
    ];

    private Work Used(Facts facts, string type, string subject, string detail) => (AuditEvent.Of(clock, type, Streams.Control) with
    {
        Lease = LeaseId,
        Task = Task,
        Approval = facts.Approval?.Id,
        Template = facts.Ask.Template,
        Environment = facts.Template?.Environment,
        Owners = facts.Exception?.Owners ?? facts.Template?.Owners,
        Actor = workload.Uri,
        Subject = subject,
        Detail = detail,
        Cause = Id,
    }).On(chain);

    private Work Append(string effect, string code, string? clause, string? tier, IReadOnlyList<Privilege> privileges)
    {
        Activity.Current?.AddEvent(new ActivityEvent("decision", tags: new() { ["effect"] = effect, ["code"] = code, ["clause"] = clause }));
        var decision = new DecisionBlock(
            Id, effect, code, clause, operation, tier, Facts?.Template?.Revision, Facts?.External switch { Verdict.Allow allow => allow.Revision, Verdict.Deny deny => deny.Revision, _ => null }, Facts?.Controls.Epoch ?? 0)
        {
            ActivatedBy = Facts?.Template?.ActivatedBy,
            Identity = Facts?.IdentityReviewed,
            SignedBy = Facts?.Template?.Signer,
            PolicyDecision = Facts?.External.DecisionId,
            Profile = Facts?.Profile,
            Stated = StatedBy(Facts?.Approval),
            Exception = Facts?.Exception?.Id,
            NotEquivalent = Facts?.Template?.Legacy is null ? null : true,
        };
        return (AuditEvent.OfDecision(clock, CallerOf(workload), decision, privileges) with
        {
            Lease = LeaseId,
            Task = Task,
            Approval = Facts?.Approval?.Id,
            // What no template is called is not repeated: it may be a secret in the wrong place, and secrets look like names.
            Template = Facts?.Template?.Name,
            Environment = Facts?.Template?.Environment,
            Owners = Facts?.Template?.Owners,
        }).On(chain);
    }

    private static StatedBlock? StatedBy(Approval? approval) => approval is null || (approval.Image is null && approval.Circumstances.IsNone)
        ? null
        : new StatedBlock(
            approval.Image?.Reference, approval.Image?.Signer, approval.Circumstances.Posture, approval.Circumstances.Ticket, approval.Circumstances.RiskClass, approval.Circumstances.Owner,
            Some(approval.Circumstances.HostResources), Some(approval.Circumstances.Weaknesses));

    private static IReadOnlyList<string>? Some(IReadOnlyList<string> texts) => texts.Count == 0 ? null : texts;

    private static CallerBlock CallerOf(Workload w) =>
        new(w.Source, w.Kind, w.Uri, w.Subject, w.Instance, w.Strength, w.EvidenceId, w.ActChain.Count == 0 ? null : w.ActChain);
}
