using System.CommandLine;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>AWS's <c>credential_process</c>.</summary>
internal sealed class AwsCommand(Surroundings around) : HelperCommand(around, "aws", "Print a session as credential_process of an AWS profile wants it.")
{
    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancel) => AskAsync(parsed, (members, expires) => Write(json =>
    {
        json.WriteNumber("Version"u8, 1);
        json.WriteString("AccessKeyId"u8, Member(members, "accessKeyId"));
        json.WriteString("SecretAccessKey"u8, Member(members, "secretAccessKey"));
        json.WriteString("SessionToken"u8, Member(members, "sessionToken"));
        // Without it an SDK would use the session for ever.
        json.WriteString("Expiration"u8, AwsKeys.Time(expires));
    }), cancel);
}
