using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Approvals;

namespace CredentialBroker.Cli.Commands;

/// <summary>What was approved lately.</summary>
internal sealed class ApprovalListing : BrokerCommand
{
    private readonly Option<int> _count = new("--count", "-n") { HelpName = "N", Description = "Most to show; 100 unless told.", DefaultValueFactory = _ => 100 };

    public ApprovalListing(Shell shell)
        : base(shell, "list", "List approvals, newest first.", "credbroker approval list -n 20")
    {
        _count.MustBeAtLeastOne();
        Add(_count);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var approvals = await broker.ListApprovalsAsync(parsed.GetValue(_count), cancel);
        Output.Write(Shell, parsed, approvals, ProtocolJson.Default.ApprovalList, Text);
        return ExitCodes.Ok;
    }

    private static void Text(Shell shell, ApprovalList list)
    {
        var table = new Table("APPROVAL", "STATE", "SOURCE", "WORKLOAD", "TEMPLATES", "USES", "VALID UNTIL");
        foreach (var one in list.Approvals)
        {
            table.Add(one.Id, one.State, one.Source, one.Workload, string.Join(',', one.Templates), $"{one.Uses}/{one.MaxUses}", Times.Of(one.ValidUntil));
        }

        table.Write(shell);
    }
}
