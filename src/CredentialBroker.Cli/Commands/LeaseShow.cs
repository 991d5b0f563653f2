using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>One lease in full.</summary>
internal sealed class LeaseShow : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The lease.");

    public LeaseShow(Shell shell)
        : base(shell, "show", "Show one lease: whose it is, when it ends and what ending means.", "credbroker lease show 06bq2wz7v1e8k3m5n9p0r4s6t8") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.GetLeaseAsync(parsed.GetRequiredValue(_id), cancel), ProtocolJson.Default.LeaseView, LeaseText.Details);
        return ExitCodes.Ok;
    }
}
