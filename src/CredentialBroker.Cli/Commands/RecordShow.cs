using System.CommandLine;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>One record in full.</summary>
internal sealed class RecordShow : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The record.");
    private readonly ExceptionKind _kind;

    public RecordShow(Shell shell, ExceptionKind kind, string description)
        : base(shell, "show", description, $"credbroker {RecordWord.Of(kind)} show 06bq2wz7v1e8k3m5n9p0r4s6t8")
    {
        _kind = kind;
        Add(_id);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.GetExceptionAsync(_kind, parsed.GetRequiredValue(_id), cancel), ProtocolJson.Default.ExceptionView, RecordText.Write);
        return ExitCodes.Ok;
    }
}
