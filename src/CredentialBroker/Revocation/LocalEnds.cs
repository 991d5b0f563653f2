using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Revocation;

/// <summary>
/// Ends leases whose ending speaks to nobody, a page in one commit. Between a claim and its result lies nothing then that a
/// claim would guard, so none is made; whoever is second finds the page changed, and nothing of it written.
/// </summary>
internal sealed class LocalEnds(LeaseStore leases, BackendCatalog backends, Journal journal, AuditChain chain, TimeProvider clock)
{
    /// <summary>Leases in one commit, for so long do others wait for the writer: few while there are others.</summary>
    public int Page => journal.IsShared ? 100 : 500;

    /// <summary>Ends a page of what is due at a target.</summary>
    /// <returns>How many ended; null when what is due there speaks to somebody, so that it has to be claimed.</returns>
    public async Task<int?> RunAsync(string target, long now, CancellationToken cancel)
    {
        Milestones.Reach("claim.before");
        var due = await leases.DuePageAsync(target, now, Page, cancel);
        Milestones.Reach("claim.after");
        if (due.Count == 0) return 0;
        if (!due.TrueForAll(lease => MayEnd(lease, now))) return null;
        using var span = Spans.Root("end");
        span?.SetTag("target", target).SetTag("leases", due.Count);
        if (due is [var only]) span?.SetTag("lease", only.Id).SetTag("backend", only.Backend);
        var refusal = await EndAsync(due, cancel);
        span.Outcome(refusal?.Code ?? "ok");
        return refusal is null ? due.Count : null;
    }

    /// <summary>Whether a lease is over as soon as that is written.</summary>
    public bool MayEnd(Lease lease, long now) => backends.Find(lease.Backend) is { InProcess: true } && lease.ClaimOwner is null && !(lease.OpSettlesAt > now)
        && (lease is not { Revocability: Protocol.Revocability.ExpiryOnly, Fingerprint: not null } || now >= lease.DiesBy);

    /// <summary>The ends of leases as they were seen, with their records. All of them stand, or none.</summary>
    /// <param name="cause">What takes the place of the cause that they would end for by themselves.</param>
    public IEnumerable<Work> Works(IEnumerable<Lease> seen, long at, string? cause)
    {
        foreach (var lease in seen)
        {
            var over = LeaseMoves.Over(lease, at, cause);
            yield return LeaseMoves.EndedAtOnce(lease, over);
            yield return (EndLease.Tell(clock, "credential.revoked", Streams.Issuance, over) with { Detail = "confirmed" }).On(chain);
        }
    }

    private async Task<Refusal?> EndAsync(List<Lease> due, CancellationToken cancel)
    {
        Milestones.Reach("end.before");
        try
        {
            foreach (var lease in due) await backends.Find(lease.Backend)!.EndAsync(lease.Handle, cancel);
        }
        catch (BackendException fault)
        {
            // Which one, and what of it, is told where each is ended by itself.
            return new Refusal(fault.Code, fault.Detail);
        }

        Milestones.Reach("end.after");
        Milestones.Reach("ended.before");
        var refusal = await journal.CommitAsync(Lane.Control, [.. Works(due, clock.NowMs(), cause: null)]);
        Milestones.Reach("ended.after");
        return refusal;
    }
}
