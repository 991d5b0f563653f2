using CredentialBroker.Protocol;

namespace CredentialBroker.Leases;

/// <summary>
/// Every way a lease changes, each with its guard: <c>pending → active → ending → ended</c>. Ended is final. An
/// operation at the target is named before it begins; only its own result settles it.
/// </summary>
internal static class LeaseMoves
{
    /// <summary>The far side named what will be made: the bound handle is durable before a secret is put under it.</summary>
    public static LeaseMove Bind(string lease, string op, string handle) => new(lease, now => now.State == LeaseState.Pending && now.OpId == op
        ? new MoveResult.To(now with { Handle = handle })
        : Over(now));

    /// <summary>The credential was made and is handed out when this is committed; not while its end is under way.</summary>
    public static LeaseMove Activate(string lease, string op, long at, long diesBy, string? handle, string fingerprint) => new(lease, now =>
        now is { State: LeaseState.Pending, ClaimOwner: null } && now.OpId == op && now.EndsAt > at
            ? new MoveResult.To(Settled(now) with { State = LeaseState.Active, DiesBy = diesBy, Handle = handle ?? now.Handle, Fingerprint = fingerprint, DueAt = now.EndsAt })
            : Over(now));

    /// <summary>
    /// Minting failed or its result may not be used: the operation is over, and what it may have left is ended now, also
    /// where an end that began meanwhile knew less of it.
    /// </summary>
    /// <param name="handle">What minting learned, where it came that far.</param>
    public static LeaseMove Abandon(string lease, string op, long at, bool certain, string error, string? handle = null) => new(lease, now =>
        now.State is LeaseState.Pending or LeaseState.Ending && now.OpId == op
            ? new MoveResult.To((certain ? Settled(now) : now) with { EndsAt = Math.Min(now.EndsAt, at), EndsBecause = now.EndsAt <= at ? now.EndsBecause : Causes.MintFailed, Handle = handle ?? now.Handle, DueAt = at, LastError = error })
            : Over(now));

    /// <summary>A renewal begins; no other operation may be in flight.</summary>
    public static LeaseMove BeginRenew(string lease, string op, long at, long settlesAt) => new(lease, now => now switch
    {
        { State: not LeaseState.Active } or { ClaimOwner: not null } => Over(now),
        _ when now.EndsAt <= at => Over(now),
        { OpId: not null } when now.OpSettlesAt > at => new MoveResult.Refused(ReasonCodes.LeaseBusy, "another operation on this lease is under way"),
        _ => new MoveResult.To(now with { OpId = op, OpSettlesAt = settlesAt }),
    });

    /// <summary>The renewal took effect. A lease whose end was brought forward meanwhile keeps that end.</summary>
    public static LeaseMove Renew(string lease, string op, long at, Renewed renewed) => new(lease, now =>
        now is { State: LeaseState.Active, ClaimOwner: null } && now.OpId == op && now.EndsAt > at
            ? new MoveResult.To(Extended(Settled(now), renewed))
            : Over(now));

    /// <summary>Renews where nothing happens at a target, so that intent and effect are this one move.</summary>
    public static LeaseMove Reissue(string lease, long at, Renewed renewed) => new(lease, now => now switch
    {
        { State: not LeaseState.Active } or { ClaimOwner: not null } => Over(now),
        _ when now.EndsAt <= at => Over(now),
        _ => new MoveResult.To(Extended(now, renewed)),
    });

    /// <summary>The renewal is given up; the lease goes on to the end it had.</summary>
    /// <param name="certain">False when it may still take effect at the target, so that an end waits until it cannot.</param>
    public static LeaseMove RenewFailed(string lease, string op, bool certain, string error) => new(lease, now =>
        now.OpId == op ? new MoveResult.To((certain ? Settled(now) : now) with { LastError = error }) : Over(now));

    /// <summary>
    /// Brings the end forward to now. An end by hand also takes the place of one that came by itself and is not over at the
    /// target, because a hold keeps it or the target fails. Ending an ended lease is not an error, so the caller takes a refusal as done.
    /// </summary>
    public static LeaseMove EndNow(string lease, long at, string cause) => new(lease, now => now switch
    {
        { State: LeaseState.Ended } => Over(now),
        { Over: false } when now.EndsAt > at => new MoveResult.To(now with { EndsAt = at, EndsBecause = cause, DueAt = at }),
        { EndsByItself: true } when Causes.IsByHand(cause) => new MoveResult.To(now with { EndsBecause = cause, Cause = now.Cause is null ? null : cause, DueAt = at }),
        _ => Over(now),
    });

    /// <summary>The target confirmed the end, and no operation can take effect there any more.</summary>
    public static LeaseMove Ended(string lease, string owner, long at) => Claimed(lease, owner, now => now.OpSettlesAt > at
        ? new MoveResult.Refused(ReasonCodes.LeaseBusy, "an operation may still take effect at the target")
        : new MoveResult.To(Unclaimed(Settled(now)) with { State = LeaseState.Ended, Cause = now.Cause ?? now.EndsBecause, EndedAt = at, DueAt = null }));

    /// <summary>A lease as it is once it is over without anybody to be asked.</summary>
    /// <param name="cause">What it ends for; null for what it would have ended for by itself.</param>
    public static Lease Over(Lease lease, long at, string? cause) => Settled(lease) with
    {
        State = LeaseState.Ended, EndsAt = cause is null ? lease.EndsAt : Math.Min(lease.EndsAt, at), EndsBecause = cause ?? lease.EndsBecause, Cause = cause ?? lease.Cause ?? lease.EndsBecause, EndedAt = at, DueAt = null,
    };

    /// <summary>Nobody had to be asked: it is over, if it still is what was seen.</summary>
    public static LeaseMove EndedAtOnce(Lease seen, Lease over) => new(seen.Id, now => now.ClaimOwner is null && now.State == seen.State && now.DueAt == seen.DueAt && now.EndsAt == seen.EndsAt
        && now.OpId == seen.OpId && now.Handle == seen.Handle && (now.Cause ?? now.EndsBecause) == (seen.Cause ?? seen.EndsBecause)
        ? new MoveResult.To(over)
        : new MoveResult.Refused(ReasonCodes.LeaseBusy, "it changed meanwhile"));

    /// <summary>The target confirmed an end, but an operation may still take effect there: ended again after it settled.</summary>
    public static LeaseMove EndAgain(string lease, string owner) => Claimed(lease, owner, now => new MoveResult.To(
        Unclaimed(now) with { State = LeaseState.Ending, Cause = now.Cause ?? now.EndsBecause, DueAt = now.OpSettlesAt ?? now.DueAt }));

    /// <summary>No target ends the credential: looked at again when it is dead by itself.</summary>
    public static LeaseMove AwaitExpiry(string lease, string owner) => Claimed(lease, owner, now => new MoveResult.To(
        Unclaimed(now) with { State = LeaseState.Ending, Cause = now.Cause ?? now.EndsBecause, DueAt = now.DiesBy }));

    /// <summary>The target did not confirm: tried again, for ever.</summary>
    public static LeaseMove EndFailed(string lease, string owner, long next, string error) => Claimed(lease, owner, now => new MoveResult.To(
        Unclaimed(now) with { State = LeaseState.Ending, Cause = now.Cause ?? now.EndsBecause, DueAt = next, Attempts = now.Attempts + 1, LastError = error }));

    /// <summary>Given back untouched, to be done later.</summary>
    public static LeaseMove Release(string lease, string owner, long next) => Claimed(lease, owner, now => new MoveResult.To(Unclaimed(now) with { DueAt = next }));

    private static LeaseMove Claimed(string lease, string owner, Func<Lease, MoveResult> move) => new(lease, now => now.ClaimOwner == owner
        ? move(now)
        : new MoveResult.Refused(ReasonCodes.LeaseBusy, "claimed by another replica"));

    private static Lease Extended(Lease lease, Renewed renewed) => lease with
    {
        EndsAt = renewed.EndsAt, EndsBecause = renewed.EndsBecause, DueAt = renewed.EndsAt,
        // An earlier credential of the lease may live longer than the newest.
        DiesBy = Math.Max(lease.DiesBy, renewed.DiesBy),
        Handle = renewed.Handle ?? lease.Handle, Fingerprint = renewed.Fingerprint ?? lease.Fingerprint,
    };

    /// <summary>An end that began before the operation was over may have come before its effect: it loses its claim and is done again.</summary>
    private static Lease Settled(Lease lease) => lease with { OpId = null, OpSettlesAt = null, ClaimOwner = null };

    private static Lease Unclaimed(Lease lease) => lease with { ClaimOwner = null };

    private static MoveResult.Refused Over(Lease lease) =>
        new(ReasonCodes.LeaseOver, $"the lease is {lease.State.ToString().ToLowerInvariant()} and ends because of {lease.Cause ?? lease.EndsBecause}");
}

/// <summary>What a renewal changed.</summary>
internal sealed record Renewed(long EndsAt, string EndsBecause, long DiesBy, string? Handle, string? Fingerprint);
