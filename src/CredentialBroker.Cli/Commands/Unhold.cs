using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Lets a hold go.</summary>
internal sealed class Unhold : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The hold.");

    public Unhold(Shell shell)
        : base(shell, "unhold", "Lift a hold.", "credbroker unhold 06bq2wz7v1e8k3m5n9p0r4s6t8") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        await broker.UnholdAsync(parsed.GetRequiredValue(_id), cancel);
        Shell.Say($"hold {parsed.GetRequiredValue(_id)} is lifted");
        return ExitCodes.Ok;
    }
}
