using CredentialBroker.Node.Approving;
using CredentialBroker.Node.Attesting;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Engine;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Trust;

namespace CredentialBroker.Node.Hosting;

/// <summary>The node as one thing that starts and stops. The plugin answers first: an engine may wait for it.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeKey _key;
    private readonly Link _link;
    private readonly Server _server;
    private readonly Watch _watch;
    private readonly Courier _courier;
    private Task _work = Task.CompletedTask;

    public RunningNode(NodeOptions options, Say say, TimeProvider clock)
    {
        PrivateFiles.MakeFolder(options.State.Folder);
        if (PrivateFiles.IsOpenToOthers(options.State.Folder)) throw CommandException.Fault($"{options.State.Folder} may be opened by others; it must be 0700");
        _key = NodeKey.Open(options, clock);
        _link = new Link(options, _key);
        Engine = new EngineClient(options.Engine.Socket);
        Trust = new HostTrust(options.Engine, clock);
        Containers = new Containers(options.State.Folder);
        Spool = new Spool(options.State.Folder, options.State.MostWaiting, clock);
        var ledger = new Ledger(Spool, Trust, clock);
        _courier = new Courier(Spool, ledger, _link, Trust, options.Broker, say, clock);
        var approver = new Approver(Containers, Engine, _link, Spool, _courier, ledger, Trust, options, say, clock);
        var door = options.Attestation.Socket is { } socket ? Path.GetDirectoryName(socket) : null;
        var paths = new HostPaths([.. options.NeverExposed, options.State.Folder, Path.GetDirectoryName(options.Plugin.Socket)!, options.Engine.Socket], door);
        var admissions = new Admissions(clock);
        var judge = new Judge(paths, Engine, Containers, admissions, approver, ledger, Trust, clock);
        var probes = new Probes(Engine);
        Plugin = new Plugin(options, judge, admissions, approver, Engine, probes, ledger, say, clock);
        Test = new SelfTest(Engine, probes, Trust, say);
        _watch = new Watch(Engine, Containers, approver, Test, Trust, ledger, say, clock);
        _server = new Server(options, Plugin, new Evidence(options, Containers, Engine, Trust, _key, clock), say);
    }

    public EngineClient Engine { get; }

    public HostTrust Trust { get; }

    public Containers Containers { get; }

    public Spool Spool { get; }

    public Plugin Plugin { get; }

    public SelfTest Test { get; }

    public async Task StartAsync(CancellationToken cancel)
    {
        await _server.StartAsync(cancel);
        _work = Task.WhenAll(Task.Run(() => _watch.RunAsync(_stop.Token), CancellationToken.None), Task.Run(() => _courier.RunAsync(_stop.Token), CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _server.DisposeAsync();
        Engine.Dispose();
        _link.Dispose();
        _key.Dispose();
        _stop.Dispose();
    }
}
