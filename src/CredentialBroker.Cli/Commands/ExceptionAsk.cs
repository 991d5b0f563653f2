using System.CommandLine;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>Asks that a template's leases may do more for a while.</summary>
internal sealed class ExceptionAsk : BrokerCommand
{
    private readonly RequestOptions _request = new();
    private readonly Option<string?> _ttl = new("--ttl") { HelpName = "DURATION", Description = "Longest life of one credential." };
    private readonly Option<int?> _concurrent = new("--concurrent-leases") { HelpName = "N", Description = "Leases that one instance may hold at a time." };
    private readonly Option<bool> _firstClaim = new("--first-claim-binding") { Description = "Take approvals bound by nonce without the nonce." };

    public ExceptionAsk(Shell shell)
        : base(shell, "request", "Ask for an exception. It stands once another operator approved it.",
            "credbroker exception request -t orders-read --ttl 30m --for 8h --ticket INC-77 --reason 'slow migration' --owners team-shop,team-security,team-sre")
    {
        _ttl.MustBeDuration();
        Add(_ttl);
        Add(_concurrent);
        Add(_firstClaim);
        foreach (var option in _request.All) Add(option);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var may = new ExceptionTerms(parsed.GetValue(_ttl), parsed.GetValue(_concurrent), parsed.GetValue(_firstClaim));
        var record = await broker.RequestExceptionAsync(
            new ExceptionRequest(_request.Templates(parsed), may, _request.Owners(parsed), _request.Reason(parsed), _request.Ticket(parsed), _request.For(parsed), _request.Selector(parsed)), cancel);
        Output.Write(Shell, parsed, record, ProtocolJson.Default.ExceptionView, RecordText.Write);
        Shell.Say($"waiting for a second person: credbroker exception approve {record.Id}");
        return ExitCodes.Ok;
    }
}
