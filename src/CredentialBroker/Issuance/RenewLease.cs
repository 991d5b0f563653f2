using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Controls;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>Renewal asks everything afresh: evidence, approval, policy, controls. Nothing allowed earlier is remembered (R07).</summary>
internal sealed class RenewLease(
    WorkloadAttestation attestation, FactReader reader, LeaseStore leases, Refusals refusals, Journal journal, AuditChain chain,
    Fingerprints fingerprints, BrokerMetrics metrics, TimeProvider clock)
{
    private const int Tries = 6;

    public async Task<IssueResult> RunAsync(Evidence evidence, Alongside alongside, string leaseId, long? ttl, CancellationToken cancel)
    {
        var attested = await attestation.AttestAsync(evidence, cancel);
        if (attested is not Attested.As { Workload: var workload }) return refusals.Unproven("renew", (Attested.Refused)attested);
        workload = alongside.Of(workload);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var found = await leases.FindAsync(Pool.Issuing, leaseId, cancel);
            var record = new DecisionRecord(clock, chain, "renew", workload) { LeaseId = leaseId };
            // Another workload's lease is answered like one that does not exist.
            if (found is null || found.Lease.WorkloadId != workload.Id)
            {
                return await refusals.RecordAsync(record, new Decision.Refused(ReasonCodes.LeaseUnknown, "lease", "no such lease of this workload"));
            }

            var lease = found.Lease;
            record.Task = lease.Task;
            var ask = new Ask(lease.Template, ttl, null, null);
            var facts = record.Facts = await reader.ReadAsync(workload, ask, new RenewedLease(lease.Id, found.Instance, lease.ApprovalId, lease.MaxEndsAt), cancel);
            var decision = PolicyRules.Decide(facts);
            if (decision is not Decision.Granted granted)
            {
                if (await reader.IsStaleAsync(facts, cancel)) continue;
                return await refusals.RecordAsync(record, (Decision.Refused)decision);
            }

            var backend = facts.Template!.Backend;
            if (backend.Renewal == Renewal.None || backend.Name != lease.Backend)
            {
                return await refusals.RecordAsync(record, new Decision.Refused(ReasonCodes.LeaseNotRenewable, "lease", "claim a new lease"));
            }

            var result = await RenewAsync(found, facts, granted, record, backend, cancel);
            if (result is not null) return result;
            await reader.RefreshAsync(cancel);
        }

        return new IssueResult.Refused(ReasonCodes.FactsChanged, "controls changed too often while the renewal was decided; try again", null, null);
    }

    /// <returns>Null when a control changed under it and everything is to be judged again.</returns>
    private async Task<IssueResult?> RenewAsync(LeaseOfWorkload found, Facts facts, Decision.Granted granted, DecisionRecord record, Backend backend, CancellationToken cancel)
    {
        var lease = found.Lease;
        var deadline = facts.Now + (long)backend.OperationTimeout.TotalMilliseconds;
        var order = new Order(lease.Id, granted.Scope.Grant, WorkloadFacts.Of(facts.Workload), granted.EndsAt, deadline) { Approval = lease.ApprovalId, Task = lease.Task, Template = lease.Template };
        Minted minted;
        if (!backend.InProcess)
        {
            var begun = await journal.CommitAsync(Lane.Issuing,
            [
                new EpochGuard(facts.Controls.Epoch), new TaskGuard(lease.Task), new ApprovalUse(lease.ApprovalId, facts.Workload.Instance, facts.Now, IsRenewal: true),
                LeaseMoves.BeginRenew(lease.Id, record.Id, facts.Now, deadline + (long)backend.SettleTime.TotalMilliseconds),
            ]);
            if (begun?.Code == EpochKind.Stale) return null;
            if (begun is not null) return await refusals.RecordAsync(record, new Decision.Refused(begun.Code, "commit", begun.Detail));
        }

        Milestones.Reach("renew.before");
        try
        {
            using var patience = new CancellationTokenSource(backend.OperationTimeout, clock);
            minted = await backend.RenewAsync(lease.Handle, order, patience.Token);
            // Signed before it is on record: a renewal that cannot be is none.
            minted.Secret.Reveal();
        }
        catch (Exception error) when (error is BackendException or OperationCanceledException)
        {
            var told = error as BackendException;
            var (code, detail) = told is null ? (ReasonCodes.MintFailed, "the target did not answer in time") : (told.Code, told.Detail);
            if (!backend.InProcess) await journal.CommitAsync(Lane.Control, LeaseMoves.RenewFailed(lease.Id, record.Id, certain: told is { Transient: false }, detail));
            return await refusals.RecordAsync(record, new Decision.Refused(code, "renew", detail));
        }

        Milestones.Reach("renew.after");
        if (!backend.InProcess && minted.DiesBy - granted.EndsAt > facts.Template!.MaxResidual)
        {
            var tooLong = new Refusal(ReasonCodes.ResidualTooLong, "the credential could outlive its lease by more than the template accepts");
            await UndoAsync(lease, record.Id, tooLong);
            return await refusals.RecordAsync(record, new Decision.Refused(tooLong.Code, "renew", tooLong.Detail));
        }

        var renewed = new Renewed(granted.EndsAt, granted.EndsBecause, minted.DiesBy, minted.Handle, minted.Secret.IsEmpty ? null : fingerprints.Of(minted.Secret.Fingerprinted.Span));
        var at = clock.NowMs();
        var after = lease with { EndsAt = renewed.EndsAt, EndsBecause = renewed.EndsBecause, DiesBy = renewed.DiesBy, Fingerprint = renewed.Fingerprint ?? lease.Fingerprint };
        var refusal = await journal.CommitAsync(Lane.Issuing,
        [
            new EpochGuard(facts.Controls.Epoch), new TaskGuard(lease.Task), new ApprovalUse(lease.ApprovalId, facts.Workload.Instance, facts.Now, IsRenewal: true),
            backend.InProcess ? LeaseMoves.Reissue(lease.Id, at, renewed) : LeaseMoves.Renew(lease.Id, record.Id, at, renewed),
            .. facts.Workload.Keys.Proof is { } proof ? [new EvidenceUse(proof.Id, proof.ExpiresAt)] : Array.Empty<Work>(),
            record.Granted(granted), .. record.RiskUsed(facts), .. IssueEvents.Renewed(clock, chain, after, handedOut: !minted.Secret.IsEmpty),
        ]);
        Milestones.Reach("renewed.after");
        if (refusal is null)
        {
            metrics.RiskUsed(facts.External);
            metrics.Decided("renew", "ok");
            return new IssueResult.Granted(found with { Lease = after }, minted.Secret.IsEmpty ? null : minted.Secret, record.Id, facts.Template!.Delivery);
        }

        if (!backend.InProcess) await UndoAsync(lease, record.Id, refusal);
        return refusal.Code == EpochKind.Stale ? null : await refusals.RecordAsync(record, new Decision.Refused(refusal.Code, "commit", refusal.Detail));
    }

    /// <summary>The target was extended but the broker may not stand by it: the lease ends where it is, at once.</summary>
    private async Task UndoAsync(Lease lease, string op, Refusal refusal)
    {
        await journal.CommitAsync(Lane.Control, LeaseMoves.RenewFailed(lease.Id, op, certain: true, refusal.Detail));
        if (refusal.Code == EpochKind.Stale) return;
        await journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(lease.Id, clock.NowMs(), Causes.PolicyChanged));
    }
}
