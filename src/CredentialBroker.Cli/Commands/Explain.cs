using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Cli.Commands;

/// <summary>What policy would decide, clause by clause, without claiming anything.</summary>
internal sealed class Explain : BrokerCommand
{
    private readonly Option<string> _template = new("--template", "-t") { HelpName = "NAME", Description = "The template asked for.", Required = true };
    private readonly Option<string?> _evidence = new("--evidence-file") { HelpName = "FILE", Description = "File with a workload's token." };
    private readonly Option<string?> _workload = new("--workload") { HelpName = "URI", Description = "A workload to describe instead, such as k8s://prod-eu/shop/checkout." };
    private readonly Option<string?> _instance = new("--instance") { HelpName = "ID", Description = "Its running instance." };
    private readonly IntentOptions _intent = new();

    public Explain(Shell shell)
        : base(shell, "explain", "Judge a claim without making it, and name the first clause that fails. Exit code 3 when it would be refused.",
            "credbroker explain --template orders-read --evidence-file token",
            "credbroker explain -t orders-read --workload k8s://prod-eu/shop/checkout --instance 6f1f3c1e-6f0e-4f62-9d4b-2f0f6b7f7a11")
    {
        Add(_template);
        Add(_evidence);
        Add(_workload);
        Add(_instance);
        _intent.AddTo(this);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var (file, workload, instance) = (parsed.GetValue(_evidence), parsed.GetValue(_workload), parsed.GetValue(_instance));
        if (file is null == workload is null) throw CommandException.Usage("say who asks: --evidence-file, or --workload with --instance");
        if (workload is null != instance is null) throw CommandException.Usage("--workload and --instance belong together");
        var evidence = file is null ? null : await TokenFile.ReadAsync(file, Shell, cancel);
        var request = new ExplainRequest(parsed.GetRequiredValue(_template), evidence, workload, instance, _intent.Ttl(parsed), _intent.Intent(parsed), _intent.Nonce(parsed));
        var explanation = await broker.ExplainAsync(request, cancel);
        Output.Write(Shell, parsed, explanation, ProtocolJson.Default.Explanation, Text);
        Shell.Say(explanation.Granted
            ? $"would be granted{(explanation.EndsAt is { } end ? $" until {Times.Of(end)} ({explanation.EndsBecause})" : "")}"
            : $"would be refused: {explanation.Code} (clause {explanation.FailingClause})");
        return explanation.Granted ? ExitCodes.Ok : ExitCodes.Denied;
    }

    private static void Text(Shell shell, Explanation explanation)
    {
        var table = new Table("CLAUSE", "HOLDS", "CODE", "DETAIL");
        foreach (var clause in explanation.Clauses) table.Add(clause.Name, clause.Holds switch { true => "yes", false => "no", null => "not judged" }, clause.Code, clause.Detail);
        table.Write(shell);
        if (explanation.Privileges is not { Count: > 0 } privileges) return;
        shell.Out.WriteLine();
        var granted = new Table("TARGET", "RESOURCE", "ACTIONS");
        foreach (var one in privileges) granted.Add($"{one.Backend}/{one.Target}", one.Resource, string.Join(',', one.Actions));
        granted.Write(shell);
    }
}
