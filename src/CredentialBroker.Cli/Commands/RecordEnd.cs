using System.CommandLine;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>Ends a record before its time; a request is refused by it.</summary>
internal sealed class RecordEnd : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The record.");
    private readonly Option<string?> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; recorded." };
    private readonly ExceptionKind _kind;

    public RecordEnd(Shell shell, ExceptionKind kind, string description)
        : base(shell, "end", description, $"credbroker {RecordWord.Of(kind)} end 06bq2wz7v1e8k3m5n9p0r4s6t8 --reason 'no longer needed'")
    {
        _kind = kind;
        Add(_id);
        Add(_reason);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var record = await broker.EndExceptionAsync(_kind, parsed.GetRequiredValue(_id), parsed.GetValue(_reason), cancel);
        Output.Write(Shell, parsed, record, ProtocolJson.Default.ExceptionView, RecordText.Write);
        Shell.Say($"it is {record.State}; leases that rest on it end now");
        return ExitCodes.Ok;
    }
}
