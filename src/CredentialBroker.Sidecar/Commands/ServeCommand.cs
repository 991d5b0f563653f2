using System.CommandLine;
using CredentialBroker.Sidecar.Exec;
using CredentialBroker.Sidecar.Hosting;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Runs beside a workload until it is told to stop.</summary>
internal sealed class ServeCommand : SidecarCommand
{
    private readonly Option<string> _config = ConfigOption();

    public ServeCommand(Surroundings around)
        : base(around, "serve", "Hold the configured leases and hand them out, until SIGTERM or the quit endpoint ends them.") => Add(_config);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var options = Read(parsed.GetValue(_config)!);
        var say = new Say(Around.Error, Around.Clock);
        say.Line(LockedMemory.Close());
        using var signals = new Signals(cancel);
        await using var sidecar = new RunningSidecar(options, Around, say);
        await sidecar.StartAsync(options.FrontEnds, signals.Stop);
        say.Line($"serving {options.Leases.Count} lease{(options.Leases.Count == 1 ? "" : "s")} through {string.Join(", ", sidecar.FrontEnds.Names)}");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(signals.Stop, sidecar.Quit);
        await Task.Delay(Timeout.InfiniteTimeSpan, Around.Clock, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        say.Line("stopping");
        return ExitCodes.Ok;
    }
}
