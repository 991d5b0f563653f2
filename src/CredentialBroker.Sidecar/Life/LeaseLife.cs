using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Workload;
using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.Life;

/// <summary>
/// The life of one held lease: obtained, refreshed well ahead, replaced by a new one where it cannot be renewed, and ended.
/// One loop, one call at a time: whatever front ends are asked, the broker is asked no more often than this says.
/// </summary>
internal sealed class LeaseLife
{
    /// <summary>How soon after one credential another may be wanted.</summary>
    private static readonly TimeSpan BetweenWishes = TimeSpan.FromSeconds(30);

    private readonly HeldLease _held;
    private readonly BrokerLink _broker;
    private readonly LifeOptions _options;
    private readonly Say _say;
    private readonly TimeProvider _clock;
    private readonly FormerLeases _formers;
    private volatile TaskCompletionSource _nudge = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _key;
    private bool _claimsNext;
    private int _failures;
    private string? _told;
    private DateTimeOffset _next;

    public LeaseLife(HeldLease held, BrokerLink broker, LifeOptions options, Say say, TimeProvider clock)
    {
        (_held, _broker, _options, _say, _clock, _formers) = (held, broker, options, say, clock, new FormerLeases(broker, clock));
        held.AnotherWanted += Hurry;
    }

    public HeldLease Held => _held;

    /// <summary>When it asks next.</summary>
    public DateTimeOffset Next => _next;

    /// <summary>Runs until it is told to stop. A call that is under way is brought to its end: its answer may be a lease.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var wait = _next - _clock.GetUtcNow();
            try
            {
                if (wait <= TimeSpan.Zero) await StepAsync(stop);
                else await SleepAsync(wait, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Told to stop before anything was asked.
            }
        }
    }

    /// <summary>Tries once now, outside of the loop; what failed, or null.</summary>
    public Task<Failure?> StepAsync(CancellationToken stop) => _held.Kept is { } kept && !_claimsNext ? RenewAsync(kept, stop) : ClaimAsync(stop);

    /// <summary>The broker told how a lease stands.</summary>
    public void Told(LeaseStanding standing)
    {
        if (_held.Kept is not { } kept || kept.Lease.Id != standing.Lease) return;
        if (standing.State is not "active" and not "pending")
        {
            Over(standing.EndsBecause);
            return;
        }

        if (standing.EndsAt != kept.Lease.EndsAt) _held.Extend(kept.Lease with { EndsAt = standing.EndsAt, EndsBecause = standing.EndsBecause }, kept.ExpiresAt + (standing.EndsAt - kept.Lease.EndsAt));
        _held.Freeze(standing.Frozen);
    }

    /// <summary>Ends what is held and what was held before; what cannot be reached is ended by the broker's own watch.</summary>
    public async Task EndAsync(CancellationToken patience)
    {
        var kept = _held.Kept;
        _held.Drop(Absence.Stopped, "the sidecar has stopped");
        if (_key is { } unknown && await FateAsync(unknown, patience) is { } lost) _formers.Add(lost, lost.EndsAt);
        if (kept is not null) _formers.Add(kept.Lease, kept.ExpiresAt);
        var (ended, left) = await _formers.EndAllAsync(patience);
        if (ended + left > 0) _say.Line($"lease {_held.Name}: {ended} ended{(left == 0 ? "" : $", {left} left to the broker's own watch")}");
    }

    private async Task<Failure?> ClaimAsync(CancellationToken stop)
    {
        _key ??= Ids.New(_clock);
        var asked = _clock.GetUtcNow();
        try
        {
            var answer = await _broker.AskAsync(client => client.ClaimLeaseAsync(_held.Options.Request(NonceOf(_held.Options)), _key, CancellationToken.None), stop);
            _key = null;
            if (answer.Replayed || answer.Credential is not { } members)
            {
                // Made for an answer that was lost: nobody has its credential. It is ended, and another asked for.
                _formers.Add(answer.Lease, asked);
                await _formers.EndAllAsync(stop);
                return Failed(new Failure(Absence.BrokerUnreachable, "an answer was lost on the way", Passing: true), stop);
            }

            if (_held.Kept is { } former) _formers.Add(former.Lease, former.ExpiresAt);
            var life = answer.Lease.EndsAt - answer.Lease.IssuedAt;
            _held.Hold(answer.Lease, Credential.Of(members), asked + life, answer.Delivery);
            _claimsNext = false;
            Succeeded(asked + life, $"lease {_held.Name}: {answer.Lease.Id} of {answer.Lease.Template} until {answer.Lease.EndsAt:yyyy-MM-dd'T'HH:mm:ss'Z'}");
            return null;
        }
        catch (Exception fault) when (Failure.Of(fault) is { } failure)
        {
            if (failure.Code == ReasonCodes.IdempotencyMismatch) _key = null;
            // Those before it count as long as they live; this one is wanted more.
            if (failure.Code == ReasonCodes.ConcurrentLeases && await _formers.EndOldestAsync(stop)) return Failed(failure with { Passing = true }, stop);
            if (failure.Code == ReasonCodes.Frozen) _held.Freeze(true);
            return Failed(failure, stop);
        }
    }

    private async Task<Failure?> RenewAsync(Holding.Held kept, CancellationToken stop)
    {
        try
        {
            var answer = await _broker.AskAsync(client => client.RenewLeaseAsync(kept.Lease.Id, new RenewRequest(_held.Options.Wanted), CancellationToken.None), stop);
            var expires = kept.ExpiresAt + (answer.Lease.EndsAt - kept.Lease.EndsAt);
            if (answer.Credential is { } members) _held.Hold(answer.Lease, Credential.Of(members), expires, answer.Delivery);
            else _held.Extend(answer.Lease, expires);
            _held.Freeze(false);
            // What a renewal hardly moved has reached its longest life: the next one is a new lease.
            _claimsNext = answer.Lease.EndsAt >= answer.Lease.MaxEndsAt || expires - kept.ExpiresAt < TimeSpan.FromSeconds(1);
            Succeeded(expires, null);
            return null;
        }
        catch (Exception fault) when (Failure.Of(fault) is { } failure)
        {
            switch (failure.Code)
            {
                case ReasonCodes.LeaseNotRenewable or ReasonCodes.MaxTtlReached:
                    _claimsNext = true;
                    return await ClaimAsync(stop);
                case ReasonCodes.LeaseOver or ReasonCodes.LeaseUnknown:
                    _held.Drop(failure.Code, "the broker says that the lease is over");
                    return Failed(failure, stop);
                case ReasonCodes.Frozen:
                    _held.Freeze(true);
                    break;
            }

            return Failed(failure, stop);
        }
    }

    /// <summary>A client wants another credential than the one that is held: refreshed now, where that one is not quite new.</summary>
    private void Hurry()
    {
        var now = _clock.GetUtcNow();
        if (_held.Kept is not { } kept || now - kept.ObtainedAt < BetweenWishes || _failures > 0) return;
        _next = now;
        _nudge.TrySetResult();
    }

    private void Over(string because)
    {
        _held.Drop(ReasonCodes.LeaseOver, $"the lease was ended: {because}");
        // What a responder took away is not asked for again at once: whoever revokes wants to see the next use fail.
        var wait = because is "revoked" or "incident" ? _options.AfterRevoke : Backoff.After(1, null, TimeSpan.Zero);
        _claimsNext = false;
        _next = _clock.GetUtcNow() + wait;
        _say.Line($"lease {_held.Name}: over ({because}); its credential is dropped");
        _nudge.TrySetResult();
    }

    private void Succeeded(DateTimeOffset expires, string? told)
    {
        var now = _clock.GetUtcNow();
        if (_failures > 0) _say.Line($"lease {_held.Name}: refreshed after {_failures} failures");
        else if (told is not null) _say.Line(told);
        (_failures, _told) = (0, null);
        _next = now + Backoff.Refresh(expires - now);
    }

    private Failure Failed(Failure failure, CancellationToken stop)
    {
        _failures++;
        var remaining = _held.Kept is { } kept ? kept.ExpiresAt - _clock.GetUtcNow() : TimeSpan.Zero;
        var wait = Backoff.After(_failures, failure.Wait, remaining);
        _held.Explain(failure.Code, failure.Detail, failure.Passing);
        if (_told != failure.Code && !stop.IsCancellationRequested) _say.Line($"lease {_held.Name}: {failure.Code}: {failure.Detail}; next try in {wait.TotalSeconds:F0} s");
        _told = failure.Code;
        _next = _clock.GetUtcNow() + wait;
        return failure;
    }

    /// <summary>What became of a claim whose answer never came: asked with the same key, which makes no second one.</summary>
    private async Task<LeaseView?> FateAsync(string key, CancellationToken patience)
    {
        try
        {
            return (await _broker.AskAsync(client => client.ClaimLeaseAsync(_held.Options.Request(NonceOf(_held.Options)), key, patience), patience)).Lease;
        }
        catch (Exception fault) when (Failure.Of(fault) is not null || fault is OperationCanceledException)
        {
            return null;
        }
    }

    private static string? NonceOf(LeaseOptions options)
    {
        try
        {
            return options.NonceFile is { } file ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new Identity.IdentityException($"the nonce cannot be read: {fault.Message}", fault);
        }
    }

    private async Task SleepAsync(TimeSpan wait, CancellationToken stop)
    {
        // Timers count whole milliseconds: what is left of one would be waited for in a circle.
        wait = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        using var slept = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(_nudge.Task, Task.Delay(wait, _clock, slept.Token));
        await slept.CancelAsync();
        if (_nudge.Task.IsCompleted) _nudge = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
