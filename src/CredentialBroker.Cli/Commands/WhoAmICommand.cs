using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Operators;

namespace CredentialBroker.Cli.Commands;

/// <summary>Who the broker takes the caller for.</summary>
internal sealed class WhoAmICommand(Shell shell) : BrokerCommand(shell, "whoami", "Show who you are to the broker, your roles, and the selectors they are narrowed by.", "credbroker whoami")
{
    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.WhoAmIAsync(cancel), ProtocolJson.Default.WhoAmI, Text);
        return ExitCodes.Ok;
    }

    private static void Text(Shell shell, WhoAmI me) => Details.Write(shell,
        [("name", me.Name), ("issuer", me.Issuer), ("subject", me.Subject), .. me.Person is null ? Array.Empty<(string, string?)>() : [("person", me.Person)], .. me.Roles.Select(held => ("role", (string?)$"{held.Role}{(held.Selector is null ? "" : $" over {held.Selector}")}"))]);
}
