using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Aws;

/// <summary>Who may take on a role that is made for a lease: the broker, and nobody else.</summary>
internal static class LeaseRoleTrust
{
    public static string Write(AwsConnection aws, AwsLeaseRoles roles)
    {
        var federation = aws.Options.Login.IsFederation;
        var statement = new JsonObject
        {
            ["Effect"] = "Allow",
            ["Principal"] = new JsonObject { [federation ? "Federated" : "AWS"] = roles.TrustedPrincipal },
            ["Action"] = new JsonArray(federation ? "sts:AssumeRoleWithWebIdentity" : "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"),
        };
        if (federation)
        {
            var issuer = aws.Issuer[(aws.Issuer.IndexOf("://", StringComparison.Ordinal) + 3)..];
            statement["Condition"] = new JsonObject { ["StringEquals"] = new JsonObject { [$"{issuer}:aud"] = aws.Options.Login.Audience, [$"{issuer}:sub"] = aws.Options.Login.Subject } };
        }
        else if (aws.Options.ExternalId is { } external)
        {
            // Asked of the call that names it: the others of the same statement carry none.
            statement["Condition"] = new JsonObject { ["StringEqualsIfExists"] = new JsonObject { ["sts:ExternalId"] = external } };
        }

        return new JsonObject { ["Version"] = "2012-10-17", ["Statement"] = new JsonArray(statement) }.ToJsonString();
    }
}
