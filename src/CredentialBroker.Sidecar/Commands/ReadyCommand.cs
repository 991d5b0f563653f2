using System.CommandLine;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Asks the running sidecar whether all leases are held, for probes and for scripts that have to wait.</summary>
internal sealed class ReadyCommand : SidecarCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Option<string?> _socket = LocalClient.SocketOption();
    private readonly Option<string?> _wait = Durations.Option("--wait", "How long to go on asking; without it, asks once.");

    public ReadyCommand(Surroundings around)
        : base(around, "ready", "Succeed when the running sidecar holds all of its leases.")
    {
        Add(_socket);
        Add(_wait);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var sidecar = LocalClient.Of(parsed.GetValue(_socket), Around);
        var until = Around.Clock.GetUtcNow() + Durations.Of(parsed.GetValue(_wait));
        while (true)
        {
            var (ready, told) = await AskAsync(sidecar, cancel);
            if (ready) return ExitCodes.Ok;
            if (Around.Clock.GetUtcNow() >= until) throw new CommandException(ExitCodes.Unreachable, told);
            await Task.Delay(Pause, Around.Clock, cancel);
        }
    }

    private static async Task<(bool Ready, string Told)> AskAsync(LocalClient sidecar, CancellationToken cancel)
    {
        try
        {
            var (status, body) = await sidecar.SendAsync(HttpMethod.Get, "/healthz/ready", cancel);
            return (status == 200, body.Trim());
        }
        catch (CommandException notYet)
        {
            return (false, notYet.Message);
        }
    }
}
