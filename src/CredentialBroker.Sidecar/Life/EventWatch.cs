using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Workload;
using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.Life;

/// <summary>
/// Hears from the broker what becomes of the leases: by its stream of events, and by asking now and then while there is no
/// stream. What the broker says is passed to each lease's life, which drops what is over.
/// </summary>
internal sealed class EventWatch(BrokerLink broker, IReadOnlyList<LeaseLife> lives, LifeOptions options, Say say, TimeProvider clock)
{
    private readonly TimeSpan _longestSilence = TimeSpan.FromMinutes(5);

    /// <summary>Whether the stream is open, for those who tell how the sidecar fares.</summary>
    public bool IsOpen { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        for (var failures = 0; !stop.IsCancellationRequested;)
        {
            try
            {
                if (lives.All(life => life.Held.Kept is null))
                {
                    // Nothing is held that could be taken away.
                    await Task.Delay(TimeSpan.FromMilliseconds(200), clock, stop);
                    continue;
                }

                await broker.AskAsync(client => WatchAsync(client, stop), stop);
                failures = 0;
            }
            catch (Exception fault) when (Failure.Of(fault) is { } failure)
            {
                if (IsOpen || failures == 0) say.Line($"events: {failure.Code}: asking each {options.Poll.TotalSeconds:F0} s instead");
                IsOpen = false;
                await PollAsync(Wait(++failures, failure), stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> WatchAsync(BrokerClient client, CancellationToken stop)
    {
        await foreach (var standing in client.WatchLeasesAsync(OpenedAsync, stop)) Tell(standing);
        return true;

        Task OpenedAsync()
        {
            if (!IsOpen) say.Line("events: open");
            IsOpen = true;
            // Whatever ended before the stream was there is not in it.
            return AskAllAsync(stop);
        }
    }

    private void Tell(LeaseStanding standing)
    {
        foreach (var life in lives) life.Told(standing);
    }

    private TimeSpan Wait(int failures, Failure failure)
    {
        var wait = Backoff.After(failures, failure.Wait, TimeSpan.Zero);
        return wait < _longestSilence ? wait : _longestSilence;
    }

    /// <summary>Asks how each lease stands until it is time to try the stream again.</summary>
    private async Task PollAsync(TimeSpan time, CancellationToken stop)
    {
        for (var until = clock.GetUtcNow() + time; clock.GetUtcNow() < until;)
        {
            await AskAllAsync(stop);
            var left = until - clock.GetUtcNow();
            if (left > TimeSpan.Zero) await Task.Delay(left < options.Poll ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : options.Poll, clock, stop);
        }
    }

    private async Task AskAllAsync(CancellationToken stop)
    {
        foreach (var life in lives)
        {
            if (life.Held.Kept is { } kept) await AskAsync(life, kept.Lease.Id, stop);
        }
    }

    private async Task AskAsync(LeaseLife life, string id, CancellationToken stop)
    {
        try
        {
            var lease = await broker.AskAsync(client => client.GetLeaseAsync(id, stop), stop);
            life.Told(new LeaseStanding(lease.Id, lease.State, lease.EndsAt, lease.EndsBecause, Frozen: life.Held.Now is Holding.Nothing { Code: ReasonCodes.Frozen }));
        }
        catch (Exception fault) when (Failure.Of(fault) is { } failure)
        {
            // A lease that this workload has not, is over. All else says nothing about the lease; its own time does.
            if (failure.Code == ReasonCodes.LeaseUnknown) life.Told(new LeaseStanding(id, "ended", clock.GetUtcNow(), "unknown"));
        }
    }
}
