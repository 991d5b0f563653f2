using System.CommandLine;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>The second person's word on a break-glass, afterwards.</summary>
internal sealed class BreakGlassReview : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The break-glass.");
    private readonly Option<string> _note = new("--note") { HelpName = "TEXT", Description = "What was found.", Required = true };
    private readonly Option<bool> _unjustified = new("--not-justified") { Description = "It was not right." };

    public BreakGlassReview(Shell shell)
        : base(shell, "review", "Review a break-glass that somebody else opened. Until an overdue one is reviewed, its template is locked for break-glass.",
            "credbroker breakglass review 06bq2wz7v1e8k3m5n9p0r4s6t8 --note 'INC-77: right, the gate was down'")
    {
        _note.MustNotBeBlank();
        Add(_id);
        Add(_note);
        Add(_unjustified);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var review = new ReviewRequest(!parsed.GetValue(_unjustified), parsed.GetRequiredValue(_note));
        var record = await broker.ReviewBreakGlassAsync(parsed.GetRequiredValue(_id), review, cancel);
        Output.Write(Shell, parsed, record, ProtocolJson.Default.ExceptionView, RecordText.Write);
        return ExitCodes.Ok;
    }
}
