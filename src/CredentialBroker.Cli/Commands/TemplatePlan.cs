using System.CommandLine;
using System.Globalization;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Cli.Commands;

/// <summary>Tries a template before anybody depends on it.</summary>
internal sealed class TemplatePlan : BrokerCommand
{
    private readonly Argument<string> _name = Checks.Id("NAME", "An active template.");
    private readonly Option<string?> _workload = new("--workload") { HelpName = "URI", Description = "The workload that the canary stands in for; the template's first unless told." };
    private readonly IntentOptions _intent = new();

    public TemplatePlan(Shell shell)
        : base(shell, "plan", "Try a template at its target: a canary of the broker's own is made, used, ended, and used until it is refused. Exit code 3 when nothing can be made, 5 while it is still honoured.",
            "credbroker template plan orders-read",
            "credbroker template plan billing --workload k8s://prod-eu/shop/billing --scope read")
    {
        Add(_name);
        Add(_workload);
        _intent.AddScopesTo(this);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Shell.Say("making, using and ending a canary; this may take half a minute");
        var view = await broker.PlanTemplateAsync(parsed.GetRequiredValue(_name), new PlanRequest(parsed.GetValue(_workload), _intent.Intent(parsed)), cancel);
        Output.Write(Shell, parsed, view, ProtocolJson.Default.PlanView, Text);
        foreach (var finding in view.Findings) Shell.Say($"finding: {finding}");
        Shell.Say(Verdict(view));
        return view switch
        {
            { Code: not null } or { Used: PlanView.NotHonoured } => ExitCodes.Denied,
            { Proof: PlanView.Pending } => ExitCodes.NotAllDead,
            { Findings.Count: > 0 } => ExitCodes.Fault,
            _ => ExitCodes.Ok,
        };
    }

    private static string Verdict(PlanView view) => view switch
    {
        { Code: { } code } => $"nothing was handed out: {code}, {view.Detail}",
        { Used: PlanView.NotHonoured } => "a credential was made, and the target did not honour it",
        { Proof: PlanView.Pending } => $"the target still honours the credential; the proof goes on: credbroker lease show {view.Lease}",
        { Proof: PlanView.Dead } => string.Create(CultureInfo.InvariantCulture, $"a credential was made, honoured, ended, and refused {view.TimeToDeadMs} ms later"),
        _ => "a credential was made and ended; whether it is honoured cannot be told",
    };

    private static void Text(Shell shell, PlanView view) => Details.Write(shell,
        ("template", $"{view.Template} (revision {view.Revision})"),
        ("target", $"{view.Backend}/{view.Target}"),
        ("revocability", $"{view.Revocability}, expected within {view.ExpectedLatency}"),
        ("lease", view.Lease),
        ("privileges", view.Privileges is { } all ? string.Join("; ", all.Select(one => $"{one.Resource} ({string.Join(',', one.Actions)})")) : null),
        ("would end", Times.Of(view.EndsAt)),
        ("dead by itself", Times.Of(view.DiesBy)),
        ("used", view.Used),
        ("proof", view.Proof),
        ("time to dead", view.TimeToDeadMs is { } took ? string.Create(CultureInfo.InvariantCulture, $"{took} ms") : null));
}
