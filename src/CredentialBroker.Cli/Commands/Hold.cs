using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;

namespace CredentialBroker.Cli.Commands;

/// <summary>Makes automatic ends wait, for forensics or after a restore; revoking by hand still passes.</summary>
internal sealed class Hold(Shell shell) : ControlCommand(shell, "hold", "Make automatic ends of what a selector covers wait. Credentials live on meanwhile; revoking by hand still passes.",
    "How long, at most 24h; the broker's default unless told.",
    "credbroker hold 'instance=6f1f3c1e-6f0e-4f62-9d4b-2f0f6b7f7a11' --reason 'memory image for INC-77' --for 30m")
{
    protected override Task<ControlView> SetAsync(BrokerClient broker, ControlRequest request, CancellationToken cancel) => broker.HoldAsync(request, cancel);

    protected override string Effect(ControlView control) =>
        $"automatic ends of what it covers wait until {(control.ExpiresAt is { } end ? $"{Times.Of(end)} or " : "")}credbroker unhold {control.Id}";
}
