using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Workload;
using CredentialBroker.Storage;

namespace CredentialBroker.Runtime.Watching;

/// <summary>
/// How the leases of those who watch stand: one look for all of them, four times a second, and none while nobody watches.
/// Ending a lease notifies nobody and waits for nobody.
/// </summary>
internal sealed class Standings(LeaseStore leases, ControlStore controls, WatchLog log, TimeProvider clock) : BackgroundService
{
    /// <summary>Streams that one replica keeps; others ask for their leases one by one.</summary>
    public const int MostWatches = 4000;

    private const int MostOfOne = 8;
    private const int LookedAtOnce = 500;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly List<Watch> _watches = [];

    /// <summary>Begins a stream; null where there are as many as are kept.</summary>
    public Watch? Watch(string workloadId)
    {
        lock (_gate)
        {
            if (_watches.Count >= MostWatches || _watches.Count(other => other.WorkloadId == workloadId) >= MostOfOne) return null;
            var watch = new Watch(workloadId, Leave);
            _watches.Add(watch);
            return watch;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Tick, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Current() is not { Length: > 0 } watches) continue;
            try
            {
                await LookAsync(watches, stoppingToken);
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                // Whoever cannot be told the truth is not left believing that nothing happened: the streams end.
                log.Blind(fault);
                foreach (var watch in watches) watch.Close();
            }
        }
    }

    private async Task LookAsync(Watch[] watches, CancellationToken cancel)
    {
        var freezes = (await controls.ReadAsync(cancel)).Freezes;
        foreach (var chunk in watches.Chunk(LookedAtOnce))
        {
            var live = (await leases.LiveOfWorkloadsAsync([.. chunk.Select(watch => watch.WorkloadId).Distinct()], cancel)).ToLookup(found => found.Lease.WorkloadId, found => Of(found, freezes));
            foreach (var watch in chunk)
            {
                foreach (var gone in watch.Look(live[watch.WorkloadId])) watch.Tell(await EndedAsync(gone, cancel));
            }
        }
    }

    private LeaseStanding Of(LeaseOfWorkload found, IReadOnlyList<Freeze> freezes)
    {
        var lease = found.Lease;
        // An end is a time: what is due is over, whether or not the sweep has come by.
        var over = lease.Over || lease.EndsAt <= clock.NowMs();
        return new LeaseStanding(
            lease.Id, over ? "ending" : LeaseDimensions.Word(lease.State), At(lease.EndsAt), lease.Cause ?? lease.EndsBecause,
            !over && freezes.Any(freeze => freeze.Selector.Matches(LeaseDimensions.Of(found))), !over && lease.EndsAt < lease.MaxEndsAt ? At(lease.EndsAt) : null);
    }

    private async Task<LeaseStanding> EndedAsync(LeaseStanding told, CancellationToken cancel)
    {
        var found = (await leases.FindAsync(Pool.Control, told.Lease, cancel))?.Lease;
        return told with { State = "ended", EndsAt = found is null ? told.EndsAt : At(found.EndsAt), EndsBecause = found?.Cause ?? found?.EndsBecause ?? told.EndsBecause, Frozen = false, RenewBy = null };
    }

    private Watch[] Current()
    {
        lock (_gate) return [.. _watches];
    }

    private void Leave(Watch watch)
    {
        lock (_gate) _watches.Remove(watch);
    }

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}

internal sealed partial class WatchLog(ILogger<WatchLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "How leases stand could not be read; workloads that watch them were cut off and ask for themselves")]
    public partial void Blind(Exception error);
}
