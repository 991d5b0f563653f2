using System.CommandLine;
using System.Globalization;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Container hosts and how far their engines are trusted.</summary>
internal sealed class HostListing(Shell shell) : BrokerCommand(shell, "list", "List container hosts: whether their nodes are heard, and whether their engines show what they do.", "credbroker host list")
{
    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListHostsAsync(cancel), ProtocolJson.Default.HostList, (shell, list) =>
        {
            var table = new Table("HOST", "APPROVALS", "TRUST", "HEARD", "ENGINE", "EXCEPTION", "REASON");
            foreach (var one in list.Hosts) table.Add(one.Host, one.Accepted ? "accepted" : one.Silent ? "refused: silent" : "refused", one.Trust, Times.Of(one.HeardAt), one.Version, one.Exception, one.Reason);
            table.Write(shell);
        });
        return ExitCodes.Ok;
    }
}

/// <summary>Who was seen at one host's engine (R48).</summary>
internal sealed class HostExposure : BrokerCommand
{
    private readonly Argument<string> _host = new("HOST") { Description = "The host." };

    public HostExposure(Shell shell)
        : base(shell, "exposure", "Tell who was seen at a host's engine and what they asked of it, last use first.", "credbroker host exposure host-1") => Add(_host);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.GetHostExposureAsync(parsed.GetRequiredValue(_host), cancel), ProtocolJson.Default.HostExposureView, (shell, view) =>
        {
            Shell.Say(string.Create(CultureInfo.InvariantCulture, $"{view.Callers} callers; asked {view.Anonymous} times over the engine's own socket, by nobody in particular"));
            var table = new Table("CALLER", "CLASS", "REQUEST", "TIMES", "LAST", "URI");
            foreach (var use in view.Uses) table.Add(use.Caller, use.Group, use.Request, use.Count.ToString(CultureInfo.InvariantCulture), Times.Of(use.Last), use.Uri);
            table.Write(shell);
        });
        return ExitCodes.Ok;
    }
}
