using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.Life;

/// <summary>All leases of the one workload, from the first claim to their end.</summary>
internal sealed class HeldLeases : IDisposable
{
    private readonly BrokerLink _broker;
    private readonly LeaseLife[] _lives;
    private readonly EventWatch _watch;
    private readonly LifeOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public HeldLeases(SidecarOptions options, BrokerLink broker, Say say, TimeProvider clock)
    {
        (_broker, _options) = (broker, options.Life);
        ByName = options.Leases.ToDictionary(lease => lease.Key, lease => new HeldLease(lease.Key, lease.Value, clock), StringComparer.Ordinal);
        _lives = [.. ByName.Values.Select(lease => new LeaseLife(lease, broker, options.Life, say, clock))];
        _watch = new EventWatch(broker, _lives, options.Life, say, clock);
    }

    public IReadOnlyDictionary<string, HeldLease> ByName { get; }

    /// <summary>Whether every lease is held and served, and every file that is rendered from it is there.</summary>
    public bool AreAllHeld => ByName.Values.All(lease => lease.IsReady);

    /// <summary>Tries each lease once; what failed first, or null.</summary>
    public async Task<Failure?> TryAsync(CancellationToken stop) => (await Task.WhenAll(_lives.Where(life => life.Held.Kept is null).Select(life => life.StepAsync(stop)))).FirstOrDefault(failure => failure is not null);

    /// <summary>Keeps them from now on.</summary>
    public void Start() => _running = Task.Run(() => Task.WhenAll([.. _lives.Select(life => life.RunAsync(_stop.Token)), _watch.RunAsync(_stop.Token)]));

    /// <summary>Ends all of them, within the time that is configured for it.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        using var patience = new CancellationTokenSource(_options.EndGrace);
        await _running.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_lives.Select(life => life.EndAsync(patience.Token)));
    }

    public void Dispose()
    {
        _stop.Dispose();
        foreach (var lease in ByName.Values) lease.Dispose();
        _broker.Dispose();
    }
}
