namespace CredentialBroker.Backends.Aws;

/// <summary>Roles that the broker makes for one lease each and deletes at its end.</summary>
internal sealed record AwsLeaseRoles
{
    /// <summary>Path of their names, of which the broker's permissions should name the whole, such as <c>/credbroker/</c>.</summary>
    public string Path { get; init; } = "/credbroker/";
    /// <summary>ARN of the policy that bounds whatever templates give them.</summary>
    public string? PermissionsBoundary { get; init; }
    /// <summary>ARN of who may take them on: of the identity provider of the broker's federation issuer, else of the broker's own role or user.</summary>
    public string TrustedPrincipal { get; init; } = "";

    public IEnumerable<string> Validate(string path, AwsTarget target)
    {
        if (!AwsArn.IsRolePath(Path)) yield return $"{path}:Path: must begin and end with a slash, of letters, digits and _.-";
        if (PermissionsBoundary is not null && !AwsArn.IsPolicy(PermissionsBoundary)) yield return $"{path}:PermissionsBoundary: must be the ARN of a policy";
        if (!AwsArn.IsIdentity(TrustedPrincipal, target.Login.IsFederation ? "oidc-provider/" : null))
            yield return $"{path}:TrustedPrincipal: must be the ARN of {(target.Login.IsFederation ? "the identity provider of the broker's federation issuer" : "the broker's own role or user")}";
    }
}
