using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Aws;

/// <summary>How the broker itself logs in at AWS.</summary>
internal sealed record AwsLogin
{
    public static readonly IReadOnlyList<string> Methods = ["federation", "default", "keys"];

    /// <summary><c>federation</c> (a token of the broker's federation issuer), <c>default</c> (the SDK's own chain: instance, container or pod role), or <c>keys</c>.</summary>
    public string Method { get; init; } = "federation";
    /// <summary>Audience of the federation issuer's token; one of its own, which no template can name.</summary>
    public string Audience { get; init; } = "sts.amazonaws.com";
    /// <summary>Subject of the federation issuer's token, for the roles' trust policies.</summary>
    public string Subject { get; init; } = "credential-broker";
    /// <summary>Role that the broker takes on for calls of IAM; needed for them under <c>federation</c>.</summary>
    public string? ManagementRole { get; init; }
    /// <summary>File of the access key's id (<c>keys</c>); read at every login.</summary>
    public string? AccessKeyIdFile { get; init; }
    /// <summary>File of the access key's secret (<c>keys</c>); read at every login.</summary>
    public string? SecretAccessKeyFile { get; init; }
    /// <summary>Accepts method <c>keys</c>: a standing secret, which <c>check</c> warns of.</summary>
    public bool AllowStaticKeys { get; init; }

    public bool IsFederation => Method == "federation";

    /// <summary>A session made with another session's credentials lives an hour at most.</summary>
    public TimeSpan LongestSession => Method == "default" ? TimeSpan.FromHours(1) : TimeSpan.FromHours(12);

    public IEnumerable<string> Validate(string path, AwsTarget target, ReservedAudiences reserved)
    {
        if (!Methods.Contains(Method)) yield return $"{path}:Method: must be one of {string.Join(", ", Methods)}";
        if (IsFederation)
        {
            foreach (var wrong in FederationToken.Validate(Subject, Audience, reserved, path)) yield return wrong;
            if (target.ExternalId is not null) yield return $"{path}:Method: federation has no external id; the trust policy names the token's subject";
            if (ManagementRole is null && (target.DenyBy != "none" || target.LeaseRoles is not null)) yield return $"{path}:ManagementRole: is needed under federation to write roles; without it set DenyBy to none";
        }

        if (ManagementRole is not null && !AwsArn.IsRoleOf(ManagementRole, target.Account)) yield return $"{path}:ManagementRole: must be the ARN of a role of the account";
        if (Method == "keys" && !AllowStaticKeys) yield return $"{path}:AllowStaticKeys: method keys is a standing secret and has to be accepted explicitly";
        foreach (var (name, file) in new[] { ("AccessKeyIdFile", AccessKeyIdFile), ("SecretAccessKeyFile", SecretAccessKeyFile) })
        {
            if (Method == "keys" && file is null) yield return $"{path}:{name}: is needed for keys";
            else if (file is not null && !File.Exists(file)) yield return $"{path}:{name}: the file does not exist or cannot be seen";
        }
    }
}
