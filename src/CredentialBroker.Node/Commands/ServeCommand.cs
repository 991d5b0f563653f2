using System.Runtime.InteropServices;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Hosting;

namespace CredentialBroker.Node.Commands;

/// <summary>Runs on a container host until it is told to stop.</summary>
internal sealed class ServeCommand(TextWriter to, TextWriter error, TimeProvider clock) : NodeCommand(to, error, clock,
    "serve", "Answer the engine, get runs approved and tell when they are over, until SIGTERM.", "credbroker-node serve", "credbroker-node serve --config ./node.json")
{
    protected override async Task<int> RunAsync(NodeOptions options, TimeProvider clock, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var say = new Say(Error, clock);
        await using var node = new RunningNode(options, say, clock);
        await node.StartAsync(stop.Token);
        say.Line($"host {options.Host}: the plugin listens at {options.Plugin.Socket}{(options.Attestation.Socket is { } socket ? $", evidence at {socket}" : "")}");
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        say.Line("stopping");
        return ExitCodes.Ok;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
