using CredentialBroker.Attestation;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance.Undecided;

/// <summary>
/// What the main flow does about claims that cannot be decided: it defers the privileged and remembers what was quarantined. A deferral is decided
/// afresh each time its workload asks; what the scheduler refused meanwhile stays refused.
/// </summary>
internal sealed class UndecidedDesk(UndecidedStore store, UndecidedRecords records, Refusals refusals, ExternalPolicyOptions options, TimeProvider clock)
{
    /// <summary>The claim as it waits since an earlier time; null for nearly every claim.</summary>
    public async ValueTask<UndecidedClaim?> FindAsync(string key, Facts facts, CancellationToken cancel) =>
        facts.Approval?.Tier == Tiers.Privileged && facts.External is not Verdict.NotAsked ? await store.FindAsync(key, cancel) : null;

    /// <summary>Refuses for good, or until later.</summary>
    public async Task<IssueResult> RefuseAsync(DecisionRecord record, Decision.Refused refused, string key, UndecidedClaim? waiting, CancellationToken cancel)
    {
        var facts = record.Facts!;
        waiting ??= await FindAsync(key, facts, cancel);
        var now = clock.NowMs();
        if (waiting is { Outcome: null } && (Outages.Of(facts) != Outage.Defer || waiting.Until <= now))
        {
            var outcome = waiting.Until <= now ? UndecidedClaim.Expired : UndecidedClaim.Refused;
            if (outcome == UndecidedClaim.Expired) refused = new Decision.Refused(ReasonCodes.DeferralOver, refused.Clause, $"policy could not be asked for too long: {refused.Detail}");
            return await refusals.RecordAsync(record, refused, [.. UndecidedStore.Settle(waiting, outcome, now), records.Over(waiting, outcome, refused.Detail)]);
        }

        if (waiting is { Outcome: not null }) return await refusals.RecordAsync(record, Over(waiting));
        if (Outages.Of(facts) != Outage.Defer) return await refusals.RecordAsync(record, refused);
        var deferred = new Decision.Refused(ReasonCodes.TierDeferred, refused.Clause, refused.Detail);
        var result = waiting is null
            ? await refusals.RecordAsync(record, deferred, [new WorkloadSeen(facts.Workload, facts.Now), .. Begin(UndecidedKind.Deferred, key, facts, facts.Ask, lease: null, now + (long)options.DeferFor.TotalMilliseconds, refused.Detail)])
            : await refusals.RecordAsync(record, deferred);
        return result is IssueResult.Refused told ? told with { RetryAfter = options.RecheckEvery } : result;
    }

    /// <summary>The refusal of a claim whose deferral is over.</summary>
    public static Decision.Refused Over(UndecidedClaim waited) =>
        new(ReasonCodes.DeferralOver, "external_policy", $"the deferral of this claim is over: {waited.Outcome}");

    /// <summary>What a grant writes besides: the end of its waiting, or the beginning of its quarantine.</summary>
    public IReadOnlyList<Work> Granted(string key, Facts facts, Ask asked, Lease lease, UndecidedClaim? waiting)
    {
        if (facts.Claimed is not null) return Begin(UndecidedKind.Quarantined, key, facts, asked, lease.Id, lease.EndsAt, ((Verdict.Unavailable)facts.External).Fault);
        return waiting is null ? [] : [.. UndecidedStore.Settle(waiting, UndecidedClaim.Granted, facts.Now), records.Over(waiting, UndecidedClaim.Granted, $"lease {lease.Id}")];
    }

    private IReadOnlyList<Work> Begin(UndecidedKind kind, string key, Facts facts, Ask asked, string? lease, long until, string detail)
    {
        var claim = new UndecidedClaim(
            key, Ids.New(clock), kind, facts.Workload.Id, asked, facts.Approval!.Id, lease, facts.Now, until, facts.Now + (long)options.RecheckEvery.TotalMilliseconds, 0, null);
        return [UndecidedStore.Keep(claim), records.Begun(claim, detail)];
    }
}
