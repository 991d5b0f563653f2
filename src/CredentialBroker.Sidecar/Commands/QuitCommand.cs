using System.CommandLine;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Tells the running sidecar that the work is done, as the last act of a job.</summary>
internal sealed class QuitCommand : SidecarCommand
{
    private readonly Option<string?> _socket = LocalClient.SocketOption();

    public QuitCommand(Surroundings around)
        : base(around, "quit", "Have the running sidecar end all leases and stop.") => Add(_socket);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var sidecar = LocalClient.Of(parsed.GetValue(_socket), Around);
        var (status, body) = await sidecar.SendAsync(HttpMethod.Post, "/v1/quit", cancel);
        return status == 202 ? ExitCodes.Ok : throw CommandException.Fault($"the sidecar answered {status}: {body.Trim()}");
    }
}
