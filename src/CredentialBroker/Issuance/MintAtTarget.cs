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

/// <summary>
/// Steps 6 and 7 at a target: make it, and release only while everything that allowed it still stands.
/// Whatever goes wrong, the lease is left due, so that what may exist is ended.
/// </summary>
internal sealed class MintAtTarget(
    Making making, FactReader reader, Refusals refusals, Journal journal, AuditChain chain, Fingerprints fingerprints, BrokerMetrics metrics, TimeProvider clock)
{
    private const int Tries = 6;

    public async Task<IssueResult> RunAsync(IssuePlan plan, Claim claim, DecisionRecord record, CancellationToken cancel)
    {
        var made = await making.RunAsync(plan.Backend, plan.Lease, plan.Order);
        if (made is Made.Failed failed) return await AbandonAsync(plan, record, failed.Certain, failed.Code, failed.Detail);
        var minted = ((Made.Credential)made).Minted;
        if (minted.DiesBy - plan.Lease.EndsAt > plan.Facts.Template!.MaxResidual)
        {
            return await AbandonAsync(plan, record, certain: true, ReasonCodes.ResidualTooLong, "the credential could outlive its lease by more than the template accepts", minted.Handle);
        }

        return await ReleaseAsync(plan, claim, record, minted, cancel);
    }

    /// <summary>Of a lease that is on record as issued, and whose credential could not be signed: it ends at once.</summary>
    public async Task<IssueResult> TakeBackAsync(Lease lease, DecisionRecord record)
    {
        await journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(lease.Id, clock.NowMs(), Causes.MintFailed));
        return await refusals.RecordAsync(record, new Decision.Refused(ReasonCodes.MintFailed, "mint", "the credential could not be signed"));
    }

    /// <summary>7. It is theirs, unless a control came in between that forbids it: then policy is asked again on new facts.</summary>
    private async Task<IssueResult> ReleaseAsync(IssuePlan plan, Claim claim, DecisionRecord record, Minted minted, CancellationToken cancel)
    {
        var fingerprint = fingerprints.Of(minted.Secret.Fingerprinted.Span);
        var lease = plan.Activated(minted, fingerprint);
        var epoch = plan.Facts.Controls.Epoch;
        Facts? anew = null;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            Milestones.Reach("active.before");
            var refusal = await journal.CommitAsync(Lane.Issuing,
            [
                new EpochGuard(epoch),
                new TaskGuard(lease.Task),
                LeaseMoves.Activate(lease.Id, plan.OpId, clock.NowMs(), minted.DiesBy, minted.Handle, fingerprint),
                .. IssueEvents.Issued(clock, chain, lease),
                .. anew is null ? [] : record.RiskUsed(anew),
            ]);
            Milestones.Reach("active.after");
            if (refusal is null)
            {
                if (anew is not null) metrics.RiskUsed(anew.External);
                return new IssueResult.Granted(Replays.Of(lease, plan.Facts.Workload), minted.Secret, record.Id, plan.Facts.Template!.Delivery);
            }

            if (refusal.Code != EpochKind.Stale) return await AbandonAsync(plan, record, certain: true, refusal.Code, refusal.Detail, minted.Handle);

            await reader.RefreshAsync(cancel);
            var facts = await reader.ReadAsync(plan.Facts.Workload, claim.Ask, renews: null, cancel);
            if (PolicyRules.Decide(facts) is Decision.Refused refused) return await AbandonAsync(plan, record, certain: true, refused.Code, refused.Detail, minted.Handle);
            anew = facts;
            epoch = facts.Controls.Epoch;
        }

        return await AbandonAsync(plan, record, certain: true, ReasonCodes.FactsChanged, "controls changed too often while the credential was made; try again", minted.Handle);
    }

    /// <summary>Leaves the lease due now. If even that cannot be written, it falls due when its operation has settled.</summary>
    /// <param name="handle">What minting learned, where it came that far: ending may need it.</param>
    private async Task<IssueResult> AbandonAsync(IssuePlan plan, DecisionRecord record, bool certain, string code, string detail, string? handle = null)
    {
        await journal.CommitAsync(Lane.Control, LeaseMoves.Abandon(plan.Lease.Id, plan.OpId, clock.NowMs(), certain, detail, handle));
        return await refusals.RecordAsync(record, new Decision.Refused(code, "mint", detail));
    }
}
