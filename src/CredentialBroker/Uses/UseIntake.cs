using CredentialBroker.Audit;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Uses;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Uses;

/// <summary>
/// Matches what logs tell with leases, and says what should not be: a use that was allowed after the lease was over, and one
/// from another address than the lease's first (R38). The same piece may be handed in again.
/// </summary>
internal sealed class UseIntake(UseStore uses, Journal journal, AuditChain chain, DueSignal due, UseOptions options, TimeProvider clock)
{
    private const int AtOnce = 1000;

    public async Task<UseReceipt> TakeAsync(string log, LogPiece piece, string by, CancellationToken cancel)
    {
        var sum = new UseReceipt(0, 0, piece.Others, 0, 0);
        foreach (var slice in piece.Uses.OrderBy(use => use.At).Chunk(AtOnce))
        {
            var part = await TakeAsync(log, slice, by, cancel);
            sum = new UseReceipt(sum.Taken + part.Taken, sum.Known + part.Known, sum.Others + part.Others, sum.AfterEnd + part.AfterEnd, sum.Elsewhere + part.Elsewhere);
        }

        return sum;
    }

    private async Task<UseReceipt> TakeAsync(string log, LogUse[] slice, string by, CancellationToken cancel)
    {
        var ends = await uses.EndsAsync(slice.Select(use => use.Lease), cancel);
        var known = await uses.KnownAsync(log, slice.Select(use => use.Record), cancel);
        var ours = slice.Where(use => ends.ContainsKey(use.Lease)).ToList();
        var fresh = ours.Where(use => !known.Contains(use.Record)).DistinctBy(use => use.Record).Select(use => (Use: use, AfterEnd: use.At > ends[use.Lease])).ToList();
        if (fresh.Count == 0) return new UseReceipt(0, ours.Count, slice.Length - ours.Count, 0, 0);

        var late = fresh.Where(one => one.AfterEnd && one.Use.Allowed).Select(one => one.Use).ToList();
        var elsewhere = await ElsewhereAsync([.. fresh.Select(one => one.Use)], cancel);
        var now = clock.NowMs();
        List<Work> works =
        [
            UseStore.Take(log, fresh, now),
            .. late.GroupBy(use => use.Lease).Select(one => Told("credential.used_after_end", one.First(), log, by, one.Count())),
            .. elsewhere.Select(use => Told("credential.used_elsewhere", use, log, by, 1)),
        ];
        if (await journal.CommitAsync(Lane.Control, works) is { } refusal) throw new InvalidOperationException($"taking uses has no guard, yet: {refusal.Code}");
        if (options.Elsewhere == UseOptions.Revoke) await RevokeAsync(elsewhere.Select(use => use.Lease).Distinct(), now);
        return new UseReceipt(fresh.Count, ours.Count - fresh.Count, slice.Length - ours.Count, late.Count, elsewhere.Count);
    }

    /// <summary>The first use from each address that is not the lease's first one.</summary>
    private async Task<List<LogUse>> ElsewhereAsync(List<LogUse> fresh, CancellationToken cancel)
    {
        var before = await uses.AddressesAsync(fresh.Select(use => use.Lease), cancel);
        return [.. fresh.Where(use => use.Address is not null && use.Allowed).GroupBy(use => use.Lease).SelectMany(lease =>
        {
            var seen = before[lease.Key].Select(one => one.Address).ToHashSet(StringComparer.Ordinal);
            if (seen.Count == 0) seen.Add(lease.First().Address!);
            return lease.Where(use => seen.Add(use.Address!));
        })];
    }

    private async Task RevokeAsync(IEnumerable<string> leases, long now)
    {
        // One that is over refuses, and that is what was wanted.
        foreach (var lease in leases) await journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(lease, now, Causes.Misused));
        due.Ring();
    }

    private Work Told(string type, LogUse use, string log, string by, int count) => (AuditEvent.Of(clock, type, Streams.Use) with
    {
        Lease = use.Lease, Actor = by, Subject = $"{log}/{use.Record}", Detail = use.Address is { } address ? $"{use.Action} from {address}" : use.Action, Count = count,
    }).On(chain);
}
