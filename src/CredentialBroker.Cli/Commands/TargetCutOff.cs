using System.CommandLine;
using System.Globalization;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;

namespace CredentialBroker.Cli.Commands;

/// <summary>Cuts off every session of an AWS role that was issued before a time, of leases and of anybody else.</summary>
internal sealed class TargetCutOff : BrokerCommand
{
    private readonly Argument<string> _target = Checks.Id("TARGET", "The target, such as prod.");
    private readonly Option<string> _role = new("--role") { HelpName = "ARN", Description = "The role whose sessions are cut off.", Required = true };
    private readonly Option<string> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; recorded.", Required = true };
    private readonly Option<DateTimeOffset?> _before = new("--before")
    {
        HelpName = "TIME", Description = "Sessions issued before; now unless told.",
        CustomParser = result =>
        {
            if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
            result.AddError($"'{result.Tokens[0].Value}' is no time such as 2026-01-31T12:00:00Z");
            return null;
        },
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Tell what would be hit, and do nothing." };

    public TargetCutOff(Shell shell)
        : base(shell, "cutoff", "Cut off every session of an AWS role that was issued before a time: of leases, which end, and of anybody else. Exit code 5 while the provider did not confirm.",
            "credbroker target cutoff prod --role arn:aws:iam::111122223333:role/orders --reason INC-77 --dry-run",
            "credbroker target cutoff prod --role arn:aws:iam::111122223333:role/orders --reason INC-77 --before 2026-01-31T12:00:00Z")
    {
        _role.MustNotBeBlank();
        _reason.MustNotBeBlank();
        Add(_target);
        Add(_role);
        Add(_reason);
        Add(_before);
        Add(_dryRun);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var view = await broker.CutOffAsync(
            parsed.GetRequiredValue(_target), new CutOffRequest(parsed.GetRequiredValue(_role), parsed.GetRequiredValue(_reason), parsed.GetValue(_before), parsed.GetValue(_dryRun)), cancel);
        Output.Write(Shell, parsed, view, ProtocolJson.Default.CutOffView, Text);
        if (view.State == "preview") Shell.Say("nothing was done; leave out --dry-run to do it");
        return view.State == "pending" ? ExitCodes.NotAllDead : ExitCodes.Ok;
    }

    private static void Text(Shell shell, CutOffView view)
    {
        Details.Write(
            shell, ("role", view.Role), ("issued before", Times.Of(view.Before)), ("state", view.State), ("why", view.Detail), ("leases hit", view.Hit.ToString(CultureInfo.InvariantCulture)),
            ("leases spared", view.Spared.ToString(CultureInfo.InvariantCulture)), ("others", view.Others));
        foreach (var lease in view.Leases) shell.Out.WriteLine(Printable.Of(lease));
    }
}
