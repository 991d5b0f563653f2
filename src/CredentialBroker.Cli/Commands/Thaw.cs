using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Lets a freeze go.</summary>
internal sealed class Thaw : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The freeze.");

    public Thaw(Shell shell)
        : base(shell, "thaw", "Lift a freeze.", "credbroker thaw 06bq2wz7v1e8k3m5n9p0r4s6t8") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        await broker.ThawAsync(parsed.GetRequiredValue(_id), cancel);
        Shell.Say($"freeze {parsed.GetRequiredValue(_id)} is lifted");
        return ExitCodes.Ok;
    }
}
