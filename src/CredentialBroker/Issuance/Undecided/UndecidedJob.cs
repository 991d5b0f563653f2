using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance.Undecided;

/// <summary>
/// Judges what waits again, on facts of now. It refuses or lets go, and never grants: a deferred claim gets its credential
/// when its workload asks again, and what is quarantined ends now or keeps the little it has.
/// </summary>
internal sealed class UndecidedJob(
    UndecidedStore store, UndecidedRecords records, WorkloadRecords workloads, LeaseStore leases, FactReader reader, Journal journal, ExternalPolicyOptions options, TimeProvider clock, RefreshLog log)
    : LocalJob(log.RecheckFailed)
{
    private const int Page = 100;
    private const long KeptMs = 24 * 3_600_000;

    /// <summary>Rechecks are this much further apart at most.</summary>
    private const int SlowestFactor = 12;

    public override async Task RunAsync(CancellationToken cancel)
    {
        foreach (var claim in await store.DueAsync(clock.NowMs(), Page, cancel)) await RecheckAsync(claim, cancel);
    }

    /// <summary>One look at one claim.</summary>
    public async Task RecheckAsync(UndecidedClaim claim, CancellationToken cancel)
    {
        var now = clock.NowMs();
        if (claim.Lease is { } id && await leases.FindAsync(Pool.Control, id, cancel) is not { Lease.Over: false }) await SettleAsync(claim, UndecidedClaim.LeaseOver, "the lease ended", now);
        else if (claim.Until <= now) await SettleAsync(claim, UndecidedClaim.Expired, "policy could not be asked for too long", now);
        else if (await JudgeAsync(claim, cancel) is Decision.Refused refused) await SettleAsync(claim, UndecidedClaim.Refused, refused.Code, now);
        else await PostponeAsync(claim, now);
    }

    /// <returns>Null while policy cannot be asked.</returns>
    private async Task<Decision?> JudgeAsync(UndecidedClaim claim, CancellationToken cancel)
    {
        if (await workloads.FindAsync(claim.WorkloadId, cancel) is not { } workload) return null;
        await reader.RefreshAsync(cancel);
        var facts = await reader.ReadAsync(workload, claim.Ask, renews: null, cancel);
        return facts.External is Verdict.Unavailable ? null : PolicyRules.Decide(facts);
    }

    private async Task PostponeAsync(UndecidedClaim claim, long now)
    {
        // Policy says yes: a workload that waits hears it when it asks again, and one in quarantine by its next claim.
        var wait = (long)options.RecheckEvery.TotalMilliseconds * Math.Min(1L << Math.Min(claim.Rechecks, 10), SlowestFactor);
        await journal.CommitAsync(Lane.Issuing, UndecidedStore.Postpone(claim, Math.Min(now + wait, Math.Max(claim.Until, now + 1))), UndecidedStore.Forget(now - KeptMs));
    }

    private async Task SettleAsync(UndecidedClaim claim, string outcome, string detail, long now)
    {
        // The lease first: a row whose outcome stands is not looked at again.
        if (claim.Lease is { } lease && outcome == UndecidedClaim.Refused) await journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(lease, now, Causes.PolicyChanged));
        await journal.CommitAsync(Lane.Control, [.. UndecidedStore.Settle(claim, outcome, now), records.Over(claim, outcome, detail)]);
    }
}
