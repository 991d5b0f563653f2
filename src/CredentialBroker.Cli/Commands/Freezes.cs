using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>What is stopped right now.</summary>
internal sealed class Freezes : BrokerCommand
{
    public Freezes(Shell shell)
        : base(shell, "freezes", "List freezes in force.", "credbroker freezes")
    {
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListFreezesAsync(cancel), ProtocolJson.Default.ControlList, (shell, list) => ControlText.Table(shell, list.Items));
        return ExitCodes.Ok;
    }
}
