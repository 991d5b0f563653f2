using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>Vouches for one instance in an emergency.</summary>
internal sealed class BreakGlassOpen : BrokerCommand
{
    private readonly Argument<string> _template = Checks.Id("TEMPLATE", "Template to claim from.");
    private readonly Option<string> _workload = new("--workload") { HelpName = "URI", Description = "The workload.", Required = true };
    private readonly Option<string> _instance = new("--instance") { HelpName = "ID", Description = "The one running instance.", Required = true };
    private readonly Option<string> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; recorded.", Required = true };
    private readonly Option<string?> _ticket = new("--ticket") { HelpName = "TICKET", Description = "Where it is tracked." };
    private readonly Option<string?> _for = new("--for") { HelpName = "DURATION", Description = "How long; at most an hour." };

    public BreakGlassOpen(Shell shell)
        : base(shell, "open", "Let one instance claim at once, on your word. Another person must review it within a day.",
            "credbroker breakglass open orders-read --workload k8s://prod-eu/shop/checkout --instance 7f0c --reason INC-77 --for 30m")
    {
        _reason.MustNotBeBlank();
        _for.MustBeDuration();
        Add(_template);
        foreach (var option in new Option[] { _workload, _instance, _reason, _ticket, _for }) Add(option);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var record = await broker.OpenBreakGlassAsync(
            new BreakGlassRequest(
                parsed.GetRequiredValue(_template), parsed.GetRequiredValue(_workload), parsed.GetRequiredValue(_instance), parsed.GetRequiredValue(_reason), parsed.GetValue(_ticket), parsed.GetValue(_for)), cancel);
        Output.Write(Shell, parsed, record, ProtocolJson.Default.ExceptionView, RecordText.Write);
        Shell.Say($"the instance may claim now; another person reviews it before {Times.Of(record.ReviewBy)}: credbroker breakglass review {record.Id}");
        return ExitCodes.Ok;
    }
}
