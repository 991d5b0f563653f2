using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Approvals;

namespace CredentialBroker.Cli.Commands;

/// <summary>One approval in full.</summary>
internal sealed class ApprovalShow : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The approval.");

    public ApprovalShow(Shell shell)
        : base(shell, "show", "Show one approval.", "credbroker approval show 06bq2wz7v1e8k3m5n9p0r4s6t8") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var approval = await broker.GetApprovalAsync(parsed.GetRequiredValue(_id), cancel);
        Output.Write(Shell, parsed, approval, ProtocolJson.Default.ApprovalView, Text);
        return ExitCodes.Ok;
    }

    private static void Text(Shell shell, ApprovalView one) => Details.Write(shell,
        ("approval", one.Id),
        ("state", one.State),
        ("source", one.Source),
        ("reference", one.Reference),
        ("environment", one.Environment),
        ("templates", string.Join(", ", one.Templates)),
        ("workload", one.Workload),
        ("instance", one.Instance),
        ("task", one.Task),
        ("tier", one.Tier),
        ("requester", one.Requester),
        ("approvers", string.Join(", ", one.Approvers)),
        ("received", Times.Of(one.ReceivedAt)),
        ("claim by", Times.Of(one.ClaimBy)),
        ("valid until", Times.Of(one.ValidUntil)),
        ("uses", $"{one.Uses} of {one.MaxUses}"));
}
