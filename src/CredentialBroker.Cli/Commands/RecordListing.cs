using System.CommandLine;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>Records of one kind, newest first.</summary>
internal sealed class RecordListing(Shell shell, ExceptionKind kind, string description)
    : BrokerCommand(shell, "list", description, $"credbroker {RecordWord.Of(kind)} list")
{
    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListExceptionsAsync(kind, cancel), ProtocolJson.Default.ExceptionList, (shell, list) => RecordText.Table(shell, list.Items));
        return ExitCodes.Ok;
    }
}
