using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Controls;
using CredentialBroker.Issuance.Undecided;
using CredentialBroker.Issuance.Velocities;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>
/// The main flow: 1 who is asking, 2 what they ask for, 3 was it approved, 4 may they, 5 record the intent, 6 make it,
/// 7 it is theirs, 8 answer. What 5 could not write is not made; what 7 could not write is not handed out and falls due.
/// </summary>
internal sealed class IssueCredential(
    WorkloadAttestation attestation, FactReader reader, Replays replays, Refusals refusals, UndecidedDesk undecided, VelocityLimits velocity, MintAtTarget minting,
    Journal journal, AuditChain chain, Fingerprints fingerprints, BrokerMetrics metrics, TimeProvider clock)
{
    /// <summary>How often controls may change under one claim before it is sent back.</summary>
    private const int Tries = 6;

    public async Task<IssueResult> RunAsync(Claim claim, CancellationToken cancel)
    {
        // 1. who is asking
        var attested = await attestation.AttestAsync(claim.Evidence, cancel);
        if (attested is not Attested.As { Workload: var workload }) return refusals.Unproven("claim", (Attested.Refused)attested);
        workload = claim.Alongside.Of(workload);
        var key = Replays.KeyOf(workload, claim.IdempotencyKey);

        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var record = new DecisionRecord(clock, chain, "claim", workload);

            // 2. what they ask for, and 3. was it approved, is it bound to this very instance
            var recalled = attempt == 0 ? await reader.RecallAsync(workload, claim.Ask, cancel) : null;
            var facts = record.Facts = recalled ?? await reader.ReadAsync(workload, claim.Ask, renews: null, cancel);
            record.Task = FactReader.TaskOf(facts);

            // 4. may they
            var decision = PolicyRules.Decide(facts);
            var waiting = await undecided.FindAsync(key, facts, cancel);
            if (waiting is { Outcome: not null }) decision = UndecidedDesk.Over(waiting);
            if (decision is not Decision.Granted granted)
            {
                // A grant is checked against its key and the epoch when it is written; a refusal is, before it is given.
                if (await replays.FindAsync(key, claim.BodyHash, cancel) is { } replay) return replay;
                if (await reader.IsStaleAsync(facts, cancel)) continue;
                return await undecided.RefuseAsync(record, (Decision.Refused)decision, key, waiting, cancel);
            }

            // 5. record the intent; where nothing exists until it is released, it is made first and one commit covers both
            var plan = IssuePlan.Of(facts, granted, record, clock);
            Minted? ready;
            try
            {
                ready = plan.Backend.InProcess ? await plan.Backend.MintAsync(plan.Lease.Handle, plan.Order, cancel) : null;
            }
            catch (BackendException error)
            {
                if (await replays.FindAsync(key, claim.BodyHash, cancel) is { } replay) return replay;
                return await refusals.RecordAsync(record, new Decision.Refused(error.Code, "mint", error.Detail));
            }

            var lease = ready is null ? plan.Lease : plan.Activated(ready, fingerprints.Of(ready.Secret.Fingerprinted.Span));
            Work[] intent =
            [
                .. plan.Guards(new ClaimKey(key, claim.BodyHash, lease.Id, facts.Now), known: recalled is not null),
                new LeaseOpen(lease, facts.Template!.ConcurrentLeases),
                record.Granted(granted),
                .. record.RiskUsed(facts),
                .. undecided.Granted(key, facts, claim.Ask, lease, waiting),
                .. ready is null ? [] : IssueEvents.Issued(clock, chain, lease),
            ];
            Milestones.Reach("intent.before");
            var writing = journal.CommitAsync(Lane.Issuing, intent);
            // Signed while the commit runs; it leaves after it, or not at all.
            var signed = ready?.Secret.TryComplete();
            var refusal = await writing;
            Milestones.Reach("intent.after");
            switch (refusal?.Code)
            {
                case null: break;
                case EpochKind.Stale: await reader.RefreshAsync(cancel); continue;
                case ClaimKey.Taken: return (await replays.FindAsync(key, claim.BodyHash, cancel))!;
                // What is remembered only proposes: the store has the last word.
                case not null when recalled is not null: reader.Forget(facts); continue;
                default: return await refusals.RecordAsync(record, new Decision.Refused(refusal.Code, "commit", refusal.Detail), velocity.Suspension(facts, refusal));
            }

            metrics.RiskUsed(facts.External);
            reader.Remember(facts);

            // 6. make it, and 7. it is theirs
            var outcome = signed switch
            {
                null => await minting.RunAsync(plan, claim, record, cancel),
                true => new IssueResult.Granted(Replays.Of(lease, workload), ready!.Secret, record.Id, facts.Template!.Delivery),
                false => await minting.TakeBackAsync(lease, record),
            };

            // 8. answer
            if (outcome is IssueResult.Granted) metrics.Decided("claim", "ok");
            return outcome;
        }

        return new IssueResult.Refused(ReasonCodes.FactsChanged, "controls changed too often while the claim was decided; try again", null, null);
    }
}
