using System.CommandLine;
using System.Globalization;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Bulk revocations there were.</summary>
internal sealed class RevocationListing : BrokerCommand
{
    public RevocationListing(Shell shell)
        : base(shell, "list", "List bulk revocations, newest first.", "credbroker revocation list")
    {
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListRevocationsAsync(cancel), ProtocolJson.Default.RevocationList, (shell, list) =>
        {
            var table = new Table("REVOCATION", "STATE", "ASKED", "BY", "TAKEN", "REMAINING", "FAILING", "SELECTOR", "REASON");
            foreach (var one in list.Revocations)
            {
                table.Add(one.Id, one.State, Times.Of(one.AskedAt), one.AskedBy, one.Taken.ToString(CultureInfo.InvariantCulture), one.Remaining.ToString(CultureInfo.InvariantCulture),
                    one.Failing.ToString(CultureInfo.InvariantCulture), one.Selector, one.Reason);
            }

            table.Write(shell);
        });
        return ExitCodes.Ok;
    }
}

/// <summary>How far one has come.</summary>
internal sealed class RevocationShow : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The revocation.");
    private readonly Option<bool> _watch = new("--watch") { Description = "Go on until it is over." };

    public RevocationShow(Shell shell)
        : base(shell, "show", "Show how far a bulk revocation has come, and what fails. Exit code 5 while not everything is dead.", "credbroker revocation show 06bq2wz7v1e8k3m5n9p0r4s6t8 --watch")
    {
        Add(_id);
        Add(_watch);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var view = await broker.GetRevocationAsync(parsed.GetRequiredValue(_id), cancel);
        if (parsed.GetValue(_watch)) view = await new RevocationProgress(Shell).WatchAsync(broker, view, wait: null, cancel);
        Output.Write(Shell, parsed, view, ProtocolJson.Default.RevocationView, RevocationProgress.Details);
        Shell.Say(RevocationProgress.Verdict(view));
        return RevocationProgress.ExitOf(view);
    }
}

/// <summary>The second person's yes.</summary>
internal sealed class RevocationConfirm : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The revocation.");
    private readonly Argument<string> _token = Checks.Id("TOKEN", "Its confirm token, as show tells it to whoever may confirm it.");

    public RevocationConfirm(Shell shell)
        : base(shell, "confirm", "Confirm a bulk revocation that somebody else asked for, and watch it.", "credbroker revocation confirm 06bq2wz7v1e8k3m5n9p0r4s6t8 9f86d081884c7d659a2feaa0c55ad015")
    {
        Add(_id);
        Add(_token);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var view = await broker.ConfirmRevocationAsync(parsed.GetRequiredValue(_id), parsed.GetRequiredValue(_token), cancel);
        view = await new RevocationProgress(Shell).WatchAsync(broker, view, wait: null, cancel);
        Output.Write(Shell, parsed, view, ProtocolJson.Default.RevocationView, RevocationProgress.Details);
        Shell.Say(RevocationProgress.Verdict(view));
        return RevocationProgress.ExitOf(view);
    }
}

/// <summary>Calls off what was not begun.</summary>
internal sealed class RevocationCancel : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The revocation.");

    public RevocationCancel(Shell shell)
        : base(shell, "cancel", "Call off what a bulk revocation has not begun; leases that it took are ended all the same. A freeze that was set with it stands until it is thawed.", "credbroker revocation cancel 06bq2wz7v1e8k3m5n9p0r4s6t8") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var view = await broker.CancelRevocationAsync(parsed.GetRequiredValue(_id), cancel);
        Output.Write(Shell, parsed, view, ProtocolJson.Default.RevocationView, RevocationProgress.Details);
        Shell.Say(RevocationProgress.Verdict(view));
        return ExitCodes.Ok;
    }
}
