using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>What a person should look at.</summary>
internal sealed class Findings : BrokerCommand
{
    private readonly Option<bool> _resolved = new("--resolved") { Description = "Also what is not found any more." };

    public Findings(Shell shell)
        : base(shell, "findings", "List what is not as it should be: orphans at targets, what was changed there behind the broker's back, templates and sources that nothing rests on.", "credbroker findings", "credbroker findings --resolved --json") => Add(_resolved);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListFindingsAsync(parsed.GetValue(_resolved), cancel), ProtocolJson.Default.FindingList, (shell, list) =>
        {
            var table = new Table("FOUND", "KIND", "SUBJECT", "RESOLVED", "DETAIL");
            foreach (var one in list.Findings) table.Add(Times.Of(one.FoundAt), one.Kind, one.Subject, Times.Of(one.ResolvedAt), one.Detail);
            table.Write(shell);
        });
        return ExitCodes.Ok;
    }
}
