using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Which ends wait right now.</summary>
internal sealed class Holds : BrokerCommand
{
    public Holds(Shell shell)
        : base(shell, "holds", "List holds in force.", "credbroker holds")
    {
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListHoldsAsync(cancel), ProtocolJson.Default.ControlList, (shell, list) => ControlText.Table(shell, list.Items));
        return ExitCodes.Ok;
    }
}
