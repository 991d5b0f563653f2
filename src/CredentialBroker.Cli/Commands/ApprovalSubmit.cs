using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Approvals;

namespace CredentialBroker.Cli.Commands;

/// <summary>Hands in what an approval source signed.</summary>
internal sealed class ApprovalSubmit : BrokerCommand
{
    private readonly Argument<string> _source = Checks.Id("SOURCE", "Name of the approval source, as the broker is configured.");
    private readonly Argument<string> _file = new("FILE") { Description = "The signed document, one compact JWS; - reads stdin." };

    public ApprovalSubmit(Shell shell)
        : base(shell, "submit", "Hand in a signed approval document.",
            "credbroker approval submit prod-eu approval.jws",
            "sign-approval | credbroker approval submit prod-eu -")
    {
        Add(_source);
        Add(_file);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var file = parsed.GetRequiredValue(_file);
        var document = (await Input.ReadAsync(file, Shell, cancel)).Trim();
        if (document.Length == 0) throw CommandException.Fault($"{Input.NameOf(file)} is empty");
        var accepted = await broker.SubmitApprovalAsync(parsed.GetRequiredValue(_source), document, cancel);
        Output.Write(Shell, parsed, accepted, ProtocolJson.Default.ApprovalAccepted, Text);
        return ExitCodes.Ok;
    }

    private static void Text(Shell shell, ApprovalAccepted accepted) => Details.Write(shell, ("approval", accepted.Id), ("effect", accepted.Effect));
}
