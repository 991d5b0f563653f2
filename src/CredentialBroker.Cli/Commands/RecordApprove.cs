using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>The second person's yes.</summary>
internal sealed class RecordApprove : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The request.");
    private readonly ExceptionKind _kind;

    public RecordApprove(Shell shell, ExceptionKind kind, string description)
        : base(shell, "approve", description, $"credbroker {RecordWord.Of(kind)} approve 06bq2wz7v1e8k3m5n9p0r4s6t8")
    {
        _kind = kind;
        Add(_id);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var record = await broker.ApproveExceptionAsync(_kind, parsed.GetRequiredValue(_id), cancel);
        Output.Write(Shell, parsed, record, ProtocolJson.Default.ExceptionView, RecordText.Write);
        Shell.Say($"it stands from {Times.Of(record.StartsAt)} to {Times.Of(record.EndsAt)}, or until credbroker {RecordWord.Of(_kind)} end {record.Id}");
        return ExitCodes.Ok;
    }
}
