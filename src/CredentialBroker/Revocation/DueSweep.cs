using System.Collections.Concurrent;
using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Revocation;

/// <summary>
/// Claims what is due and hands it to its target's lane. Lanes are bounded apart, so that a dead target holds up
/// nothing but itself; a lane takes no more than it has room for.
/// </summary>
internal sealed class DueSweep(LeaseStore leases, EndLease end, LocalEnds locals, ControlStore controls, Journal journal, EndLog log, EndOptions options, DueSignal due, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, EndLane> _lanes = new(StringComparer.Ordinal);
    /// <summary>Targets where ending speaks to somebody.</summary>
    private readonly ConcurrentDictionary<string, bool> _remote = new(StringComparer.Ordinal);

    /// <summary>One pass over everything due now. Returns how many leases were taken.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        var targets = await leases.DueTargetsAsync(now, cancel);
        if (targets.Count == 0) return 0;
        var holds = (await controls.ReadAsync(cancel)).Holds;
        var taken = await Task.WhenAll(targets.Select(target => SweepTargetAsync(target, holds, now, cancel)));
        return taken.Sum();
    }

    /// <summary>Waits for what is under way, up to the limit; the rest is taken over by another replica.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        var idle = Task.WhenAll(_lanes.Values.Select(lane => lane.IdleAsync()));
        await Task.WhenAny(idle, Task.Delay(limit, clock));
    }

    private async Task<int> SweepTargetAsync(string target, IReadOnlyList<Hold> holds, long now, CancellationToken cancel)
    {
        if (holds.Count == 0 && !_remote.ContainsKey(target))
        {
            if (await locals.RunAsync(target, now, cancel) is > 0 and var ended) return ended;
        }

        var lane = _lanes.GetOrAdd(target, _ => new EndLane(options, due.Ring));
        var room = lane.Room;
        if (room == 0)
        {
            lane.LeftSome();
            return 0;
        }

        var claim = new ClaimDue(target, journal.Writer, now, room);
        Milestones.Reach("claim.before");
        await journal.CommitAsync(Lane.Control, claim);
        Milestones.Reach("claim.after");
        if (claim.Taken.Count > 0 && !end.IsLocal(claim.Taken[0])) _remote[target] = true;
        foreach (var lease in claim.Taken) lane.Start(() => EndOrWaitAsync(lease, holds, now), atOnce: end.IsLocal(lease));
        return claim.Taken.Count;
    }

    private async Task EndOrWaitAsync(Lease lease, IReadOnlyList<Hold> holds, long now)
    {
        try
        {
            if (await HeldAsync(lease, holds)) await journal.CommitAsync(Lane.Control, LeaseMoves.Release(lease.Id, lease.ClaimOwner!, now + 2000));
            else await end.RunAsync(lease);
        }
        catch (Exception error) when (!journal.Stopping)
        {
            // Without a result the claim would stand as long as this replica lives.
            log.Unexpected(lease.Id, error);
            await journal.CommitAsync(Lane.Control, LeaseMoves.Release(lease.Id, lease.ClaimOwner!, now + 60_000));
        }
    }

    private async Task<bool> HeldAsync(Lease lease, IReadOnlyList<Hold> holds) =>
        holds.Count > 0 && lease.EndsByItself && await leases.FindAsync(Pool.Control, lease.Id, CancellationToken.None) is { } whole
        && holds.Any(h => h.Selector.Matches(LeaseDimensions.Of(whole)));
}
