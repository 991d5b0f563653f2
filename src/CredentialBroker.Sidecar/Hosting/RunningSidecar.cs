using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>The sidecar as one thing that starts and stops: when it stops, nothing is handed out any more, every file goes, and every lease ends.</summary>
internal sealed class RunningSidecar : IAsyncDisposable
{
    private readonly CancellationTokenSource _quit = new();
    private readonly Say _say;
    private readonly TimeProvider _clock;
    private Listeners? _listeners;

    public RunningSidecar(SidecarOptions options, Surroundings around, Say say)
    {
        (_say, _clock) = (say, around.Clock);
        Leases = new HeldLeases(options, new BrokerLink(options.Broker, options.Identity.Make(around)), say, around.Clock);
    }

    public HeldLeases Leases { get; }

    /// <summary>Every dialect; known once started.</summary>
    public FrontEndSet FrontEnds { get; private set; } = null!;

    /// <summary>Somebody asked it to end, because the work is done.</summary>
    public CancellationToken Quit => _quit.Token;

    /// <summary>Listens and writes, and keeps the leases from now on.</summary>
    public async Task StartAsync(FrontEndOptions options, CancellationToken cancel)
    {
        FrontEnds = new FrontEndSet(options, Leases, _quit.Cancel, _say, _clock);
        _listeners = new Listeners(FrontEnds.Listening);
        _listeners.MakeWay();
        foreach (var files in FrontEnds.Writing) files.Start();
        // Beside each other: neither needs the other, and a workload waits for both.
        Leases.Start();
        await _listeners.StartAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Leases.EndAsync();
        if (_listeners is not null) await _listeners.DisposeAsync();
        Leases.Dispose();
        _quit.Dispose();
    }
}
