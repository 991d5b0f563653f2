using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;

namespace CredentialBroker.Cli.Commands;

/// <summary>Stops issuing and renewing, at once and on every replica.</summary>
internal sealed class Freeze(Shell shell) : ControlCommand(shell, "freeze", "Stop issuing and renewing what a selector covers. Leases that exist live on; revoke those.",
    "How long; until lifted unless told.",
    "credbroker freeze 'template=orders-read' --reason INC-77 --for 2h",
    "credbroker freeze --all --reason 'suspected takeover of the cluster'")
{
    protected override Task<ControlView> SetAsync(BrokerClient broker, ControlRequest request, CancellationToken cancel) => broker.FreezeAsync(request, cancel);

    protected override string Effect(ControlView control) =>
        $"nothing it covers is issued or renewed until {(control.ExpiresAt is { } end ? $"{Times.Of(end)} or " : "")}credbroker thaw {control.Id}";
}
