using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Keys;

namespace CredentialBroker.Cli.Commands;

/// <summary>The broker's own keys, and which of them sign.</summary>
internal sealed class KeyListing : BrokerCommand
{
    public KeyListing(Shell shell)
        : base(shell, "list", "List the broker's own keys.", "credbroker key list")
    {
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListKeysAsync(cancel), ProtocolJson.Default.KeyList, (shell, list) => Table(shell, list.Keys));
        return ExitCodes.Ok;
    }

    public static void Table(Shell shell, IReadOnlyList<KeyView> keys)
    {
        var table = new Table("PURPOSE", "STATE", "SIGNS FROM", "RETIRES", "MADE", "KEY");
        foreach (var key in keys) table.Add(key.Purpose, key.State, Times.Of(key.SignsFrom), Times.Of(key.RetiresAt), Times.Of(key.MadeAt), key.Kid);
        table.Write(shell);
    }
}
