using System.CommandLine;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Texts that wait for a second person.</summary>
internal sealed class TemplateCandidates : BrokerCommand
{
    public TemplateCandidates(Shell shell)
        : base(shell, "candidates", "List template revisions that wait for a second person. --json prints their texts.", "credbroker template candidates")
    {
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListCandidatesAsync(cancel), ProtocolJson.Default.TemplateList, (shell, list) => TemplateFiles.Candidates(shell, list.Templates));
        return ExitCodes.Ok;
    }
}
