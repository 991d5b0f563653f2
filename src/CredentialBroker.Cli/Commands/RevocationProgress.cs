using System.Globalization;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Cli.Commands;

/// <summary>Watches a bulk revocation until it is over, and says how it came out.</summary>
internal sealed class RevocationProgress(Shell shell)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private const int Bar = 24;

    public async Task<RevocationView> WatchAsync(BrokerClient broker, RevocationView view, TimeSpan? wait, CancellationToken cancel)
    {
        var began = shell.Clock.GetTimestamp();
        var said = "";
        while (view.FinishedAt is null && view.State != RevocationView.AwaitingConfirmation)
        {
            var line = Line(view, shell.Clock.GetElapsedTime(began));
            if (line != said) shell.Say(said = line);
            var left = wait is { } limit ? limit - shell.Clock.GetElapsedTime(began) : Pause;
            if (left <= TimeSpan.Zero) return view;
            await Task.Delay(left < Pause ? left : Pause, shell.Clock, cancel);
            try
            {
                view = await broker.GetRevocationAsync(view.Id, cancel);
            }
            catch (BrokerUnreachableException error)
            {
                // It goes on without this program.
                shell.Say($"still waiting: {error.Message}");
            }
        }

        return view;
    }

    /// <summary>Whether everything is dead.</summary>
    public static int ExitOf(RevocationView view) => view.State == RevocationView.Finished ? ExitCodes.Ok : ExitCodes.NotAllDead;

    public static string Verdict(RevocationView view) => view.State switch
    {
        RevocationView.AwaitingConfirmation => $"revocation {view.Id} of {view.Previewed} leases waits for another person: credbroker revocation confirm {view.Id} {view.ConfirmToken}",
        RevocationView.Finished => $"revocation {view.Id}: all {view.Taken} leases have ended",
        RevocationView.Cancelled => $"revocation {view.Id} was called off by {view.CancelledBy}; {view.Taken} leases had been taken, {view.Remaining} of them are not ended yet",
        _ => $"revocation {view.Id}: {view.Remaining} of {view.Taken} leases are not ended yet{(view.Failing > 0 ? $", {view.Failing} of them fail and are tried again" : "")}{(view.UsableUntil is { } until ? $"; the last is dead by itself at {Times.Of(until)}" : "")}; credbroker revocation show {view.Id}",
    };

    public static void Details(Shell shell, RevocationView view)
    {
        Output.Details.Write(shell,
            ("revocation", view.Id),
            ("state", view.State),
            ("selector", view.Selector),
            ("reason", view.Reason),
            ("asked", $"{Times.Of(view.AskedAt)} by {view.AskedBy}"),
            ("confirmed by", view.ConfirmedBy),
            ("freeze", view.Freeze),
            ("leases", string.Create(CultureInfo.InvariantCulture, $"{view.Taken} taken, {view.Ended} ended, {view.Remaining} remaining, {view.Failing} failing; {view.Previewed} when it was asked for")),
            ("usable until", view.UsableUntil is { } until ? Times.Of(until) : null),
            ("called off by", view.CancelledBy),
            ("finished", Times.Of(view.FinishedAt)),
            ("confirm token", view.ConfirmToken));
        if (view.Failures is not { Count: > 0 } failures) return;
        shell.Out.WriteLine();
        var table = new Table("LEASE", "TARGET", "ATTEMPTS", "USABLE UNTIL", "ERROR");
        foreach (var one in failures) table.Add(one.Lease, one.Target, one.Attempts.ToString(CultureInfo.InvariantCulture), Times.Of(one.UsableUntil), one.Error);
        table.Write(shell);
    }

    private static string Line(RevocationView view, TimeSpan took)
    {
        var share = view.Taken == 0 ? 0 : (int)(Bar * view.Ended / view.Taken);
        var rate = took.TotalSeconds < 1 ? 0 : view.Ended / took.TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"[{new string('#', share)}{new string('.', Bar - share)}] {view.Ended} of {view.Taken} ended, {rate:0}/s, {view.Failing} failing");
    }
}
