using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Cli.Commands;

/// <summary>Ends a lease, and waits until the target confirmed it when asked to.</summary>
internal sealed class LeaseRevoke : BrokerCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Argument<string> _id = Checks.Id("The lease.");
    private readonly Option<string> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; recorded.", Required = true };
    private readonly Option<string?> _wait = new("--wait") { HelpName = "DURATION", Description = "Wait so long for the end to be confirmed; exit code 5 when it is not." };

    public LeaseRevoke(Shell shell)
        : base(shell, "revoke", "End a lease. Without --wait the end has begun, not finished, when this returns.",
            "credbroker lease revoke 06bq2wz7v1e8k3m5n9p0r4s6t8 --reason 'seen in a build log' --wait 30s")
    {
        _reason.MustNotBeBlank();
        _wait.MustBeDuration();
        Add(_id);
        Add(_reason);
        Add(_wait);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var lease = await broker.RevokeLeaseAsync(parsed.GetRequiredValue(_id), parsed.GetRequiredValue(_reason), cancel);
        var wait = parsed.GetValue(_wait);
        if (wait is not null) lease = await UntilEndedAsync(broker, lease, Durations.Parse(wait), cancel);
        Output.Write(Shell, parsed, lease, ProtocolJson.Default.LeaseView, (shell, one) => LeaseText.Table(shell, [one]));
        Shell.Say(LeaseText.Standing(lease));
        return wait is null || lease.State == "ended" ? ExitCodes.Ok : ExitCodes.NotAllDead;
    }

    private async Task<LeaseView> UntilEndedAsync(BrokerClient broker, LeaseView lease, TimeSpan wait, CancellationToken cancel)
    {
        var began = Shell.Clock.GetTimestamp();
        while (lease.State != "ended" && wait - Shell.Clock.GetElapsedTime(began) is { Ticks: > 0 } left)
        {
            await Task.Delay(left < Pause ? left : Pause, Shell.Clock, cancel);
            try
            {
                lease = await broker.GetLeaseAsync(lease.Id, cancel);
            }
            catch (BrokerUnreachableException error)
            {
                // The end goes on without this program; what is not seen to be dead in time is reported as such.
                Shell.Say($"still waiting: {error.Message}");
            }
        }

        return lease;
    }
}
