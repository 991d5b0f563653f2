using System.CommandLine;
using System.Globalization;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Cli.Commands;

/// <summary>Ends every lease that a selector covers, and watches it.</summary>
internal sealed class Revoke : BrokerCommand
{
    private readonly Argument<string?> _selector = new("SELECTOR") { Description = "Which leases, such as template=orders-read,namespace=shop, or @NAME for a saved selector.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _all = new("--all") { Description = "Every lease." };
    private readonly Option<string?> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; recorded." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only tell what it would end, and how soon that is dead." };
    private readonly Option<bool> _freeze = new("--freeze") { Description = "Also stop issuing what the selector covers, until it is thawed." };
    private readonly Option<string?> _wait = new("--wait") { HelpName = "DURATION", Description = "Watch at most so long; until it is over unless told." };
    private readonly Option<string?> _key = new("--idempotency-key") { HelpName = "KEY", Description = "Makes a repeated call harmless; a new one each time unless told." };

    public Revoke(Shell shell)
        : base(shell, "revoke", "End every lease that a selector covers. Exit code 0 when all of them are dead, 5 when not, or while another person has to confirm it.",
            "credbroker revoke namespace=shop --dry-run", "credbroker revoke template=orders-read --freeze --reason INC-77", "credbroker revoke --all --reason 'keys leaked'")
    {
        Add(_selector);
        foreach (Option option in (Option[])[_all, _reason, _dryRun, _freeze, _wait, _key]) Add(option);
        _wait.MustBeDuration();
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var selector = parsed.GetValue(_selector);
        if (selector is null == !parsed.GetValue(_all)) throw CommandException.Usage("say which leases: a selector, or --all");
        var reason = parsed.GetValue(_reason);
        if (!parsed.GetValue(_dryRun) && string.IsNullOrWhiteSpace(reason)) throw CommandException.Usage("say why: --reason");
        selector = selector is null ? "--all" : await SelectorNames.ReadAsync(broker, selector, cancel);
        if (parsed.GetValue(_dryRun)) return await PreviewAsync(broker, parsed, selector, cancel);
        var key = parsed.GetValue(_key) ?? Ids.New(Shell.Clock);
        var view = await broker.RevokeAsync(new RevocationRequest(selector, reason!, parsed.GetValue(_freeze)), key, cancel);
        view = await new RevocationProgress(Shell).WatchAsync(broker, view, parsed.GetValue(_wait) is { } wait ? Durations.Parse(wait) : null, cancel);
        Output.Write(Shell, parsed, view, ProtocolJson.Default.RevocationView, RevocationProgress.Details);
        Shell.Say(RevocationProgress.Verdict(view));
        return RevocationProgress.ExitOf(view);
    }

    private async Task<int> PreviewAsync(BrokerClient broker, ParseResult parsed, string selector, CancellationToken cancel)
    {
        var preview = await broker.PreviewRevocationAsync(selector, cancel);
        Output.Write(Shell, parsed, preview, ProtocolJson.Default.PreviewView, (shell, view) =>
        {
            var table = new Table("LEASES", "TARGET", "ENVIRONMENT", "TEMPLATE", "OWNER", "REVOCABILITY", "REFUSED WITHIN", "USABLE UNTIL");
            foreach (var one in view.Groups)
            {
                table.Add(one.Leases.ToString(CultureInfo.InvariantCulture), $"{one.Backend}/{one.Target}", one.Environment, one.Template, one.Owner, one.Revocability.ToString(),
                    one.ExpectedLatency ?? "never", Times.Of(one.UsableUntil));
            }

            table.Write(shell);
            if (view.Workloads.Count == 0) return;
            shell.Out.WriteLine();
            var workloads = new Table("LEASES", "WORKLOAD");
            foreach (var one in view.Workloads) workloads.Add(one.Leases.ToString(CultureInfo.InvariantCulture), one.Workload);
            workloads.Write(shell);
        });
        Shell.Say($"{preview.Leases} leases: {preview.Sentence}");
        if (preview.NeedsConfirmation) Shell.Say("another person will have to confirm it");
        Shell.Say("nothing was changed");
        return ExitCodes.Ok;
    }
}
