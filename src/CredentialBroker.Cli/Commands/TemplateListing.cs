using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>What may be asked for.</summary>
internal sealed class TemplateListing : BrokerCommand
{
    public TemplateListing(Shell shell)
        : base(shell, "list", "List activated templates.", "credbroker template list")
    {
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListTemplatesAsync(cancel), ProtocolJson.Default.TemplateList, (shell, list) => TemplateFiles.Table(shell, list.Templates));
        return ExitCodes.Ok;
    }
}
