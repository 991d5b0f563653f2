using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Has a signing key followed by a new one.</summary>
internal sealed class KeyRotate : BrokerCommand
{
    private readonly Argument<string> _purpose = Checks.Id("PURPOSE", "The keys' purpose: workload, federation, status-list, checkpoint or ca.");
    private readonly Option<bool> _atOnce = new("--at-once") { Description = "The key is lost: a new one signs now, and nothing that the old ones signed is good any more." };

    public KeyRotate(Shell shell)
        : base(shell, "rotate", "Make a new signing key. It is published before it signs; one that waits already is left to its time.",
            "credbroker key rotate workload",
            "credbroker key rotate workload --at-once")
    {
        Add(_purpose);
        Add(_atOnce);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var atOnce = parsed.GetValue(_atOnce);
        var key = await broker.RotateKeyAsync(parsed.GetRequiredValue(_purpose), atOnce, cancel);
        Output.Write(Shell, parsed, key, ProtocolJson.Default.KeyView, (shell, one) => KeyListing.Table(shell, [one]));
        Shell.Say(atOnce
            ? "verifiers that fetched the keys up to 5 minutes ago refuse the new key, and take the old ones, until they fetch again"
            : $"it signs from {Times.Of(key.SignsFrom)}");
        return ExitCodes.Ok;
    }
}
