using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Lets a freeze or a hold go.</summary>
internal sealed class ControlLift : BrokerCommand
{
    private readonly Argument<string> _id;
    private readonly string _kind;
    private readonly Func<BrokerClient, string, CancellationToken, Task> _lift;

    private ControlLift(Shell shell, string verb, string kind, Func<BrokerClient, string, CancellationToken, Task> lift)
        : base(shell, verb, $"Lift a {kind}.", $"credbroker {verb} 06bq2wz7v1e8k3m5n9p0r4s6t8")
    {
        (_id, _kind, _lift) = (Checks.Id($"The {kind}."), kind, lift);
        Add(_id);
    }

    public static ControlLift Thaw(Shell shell) => new(shell, "thaw", "freeze", (broker, id, cancel) => broker.ThawAsync(id, cancel));

    public static ControlLift Unhold(Shell shell) => new(shell, "unhold", "hold", (broker, id, cancel) => broker.UnholdAsync(id, cancel));

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var id = parsed.GetRequiredValue(_id);
        await _lift(broker, id, cancel);
        Shell.Say($"{_kind} {id} is lifted");
        return ExitCodes.Ok;
    }
}
