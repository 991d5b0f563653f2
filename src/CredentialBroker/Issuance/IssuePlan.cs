using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Backends;
using CredentialBroker.Controls;
using CredentialBroker.Issuance.Velocities;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>A granted claim turned into a lease to be and an order for its backend.</summary>
internal sealed record IssuePlan(Lease Lease, Order Order, Backend Backend, Facts Facts, string OpId)
{
    public static IssuePlan Of(Facts facts, Decision.Granted granted, DecisionRecord record, TimeProvider clock)
    {
        var (template, workload, approval) = (facts.Template!, facts.Workload, facts.Approval!);
        var backend = template.Backend;
        var now = facts.Now;
        var deadline = now + (long)backend.OperationTimeout.TotalMilliseconds;
        var settles = deadline + (long)backend.SettleTime.TotalMilliseconds;
        record.LeaseId = Ids.New(clock);
        var order = new Order(record.LeaseId, granted.Scope.Grant, WorkloadFacts.Of(workload), granted.EndsAt, deadline) { Approval = approval.Id, Task = record.Task!, Template = template.Name };
        var lease = new Lease
        {
            Id = record.LeaseId,
            State = LeaseState.Pending,
            Template = template.Name,
            TemplateRevision = template.Revision,
            Backend = backend.Name,
            Target = granted.Scope.Grant.Target,
            Environment = template.Environment,
            WorkloadId = workload.Id,
            Task = record.Task!,
            ApprovalId = approval.Id,
            DecisionId = record.Id,
            CreatedAt = now,
            EndsAt = granted.EndsAt,
            EndsBecause = granted.EndsBecause,
            MaxEndsAt = granted.MaxEndsAt,
            DiesBy = granted.EndsAt,
            Handle = backend.Plan(order),
            Revocability = backend.RevocabilityOf(granted.Scope.Grant),
            OpId = record.Id,
            OpSettlesAt = settles,
            // A pending lease that nobody comes back to falls due when its operation can no longer take effect.
            DueAt = Math.Min(settles, granted.EndsAt),
            KeyId = workload.KeyId,
            Agents = workload.ActChain,
            Exception = facts.Exception?.Id,
            NotEquivalent = template.Legacy is not null,
        };
        return new IssuePlan(lease, order, backend, facts, record.Id);
    }

    /// <summary>The lease as it is once the credential is released.</summary>
    public Lease Activated(Minted minted, string fingerprint) => Lease with
    {
        State = LeaseState.Active,
        DiesBy = minted.DiesBy,
        Handle = minted.Handle ?? Lease.Handle,
        Fingerprint = fingerprint,
        OpId = null,
        OpSettlesAt = null,
        DueAt = Lease.EndsAt,
    };

    /// <summary>Everything that must hold, and be taken, in the commit that records the intent.</summary>
    /// <param name="known">The instance was granted something a moment ago, so that its row is there.</param>
    public IEnumerable<Work> Guards(ClaimKey key, bool known)
    {
        yield return new EpochGuard(Facts.Controls.Epoch);
        yield return key;
        yield return new TaskGuard(Lease.Task);
        yield return new ApprovalUse(Lease.ApprovalId, Facts.Workload.Instance, Facts.Now, IsRenewal: false);
        if (Facts.Template!.OneTimeEvidence || Facts.Workload.Reuse == EvidenceReuse.Never) yield return new EvidenceUse(Facts.Workload.EvidenceId, Facts.Workload.EvidenceExpiresAt);
        if (Facts.Workload.Keys.Proof is { } proof) yield return new EvidenceUse(proof.Id, proof.ExpiresAt);
        foreach (var use in VelocityLimits.Uses(Facts)) yield return use;
        if (!known) yield return new WorkloadSeen(Facts.Workload, Facts.Now);
    }
}
