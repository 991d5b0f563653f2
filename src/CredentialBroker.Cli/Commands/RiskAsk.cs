using System.CommandLine;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>Asks that faults of external policy may be passed over for a while.</summary>
internal sealed class RiskAsk : BrokerCommand
{
    private readonly Argument<string> _name = Checks.Id("NAME", "What Policy:OnError calls it, as risk:NAME.");
    private readonly RequestOptions _request = new();

    public RiskAsk(Shell shell)
        : base(shell, "request", "Ask for a risk acceptance. It stands once another operator approved it.",
            "credbroker risk request outage -t orders-read --for 7d --ticket RISK-12 --reason 'move of the policy point' --owners team-shop,team-security,team-sre")
    {
        Add(_name);
        foreach (var option in _request.All) Add(option);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var record = await broker.RequestRiskAcceptanceAsync(
            new RiskAcceptanceRequest(
                parsed.GetRequiredValue(_name), _request.Templates(parsed), _request.Owners(parsed), _request.Reason(parsed), _request.Ticket(parsed), _request.For(parsed), _request.Selector(parsed)), cancel);
        Output.Write(Shell, parsed, record, ProtocolJson.Default.ExceptionView, RecordText.Write);
        Shell.Say($"waiting for a second person: credbroker risk approve {record.Id}");
        return ExitCodes.Ok;
    }
}
