using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Vault;

/// <summary>How the broker itself logs in at a Vault.</summary>
internal sealed record VaultLogin
{
    public static readonly IReadOnlyList<string> Methods = ["jwt", "kubernetes", "approle", "cert", "token"];

    /// <summary><c>jwt</c> (a token of the broker's federation issuer), <c>kubernetes</c>, <c>approle</c>, <c>cert</c>, or <c>token</c>.</summary>
    public string Method { get; init; } = "jwt";
    /// <summary>Where the auth method is mounted below <c>auth/</c>; the method's own name unless told.</summary>
    public string? Mount { get; init; }
    /// <summary>The role to log in to; of <c>cert</c>, the certificate's role.</summary>
    public string? Role { get; init; }
    /// <summary>Audience of the federation issuer's token (<c>jwt</c>); one of its own, which no template can name.</summary>
    public string Audience { get; init; } = "vault";
    /// <summary>Subject of the federation issuer's token (<c>jwt</c>), for the role's <c>bound_subject</c>.</summary>
    public string Subject { get; init; } = "credential-broker";
    /// <summary>The service account's token (<c>kubernetes</c>); read at every login.</summary>
    public string JwtFile { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    /// <summary>The <c>role_id</c> (<c>approle</c>).</summary>
    public string? RoleId { get; init; }
    /// <summary>The <c>secret_id</c> (<c>approle</c>); read at every login.</summary>
    public string? SecretIdFile { get; init; }
    /// <summary>PEM file of the broker's client certificate (<c>cert</c>); read at every connection.</summary>
    public string? ClientCertificateFile { get; init; }
    /// <summary>PEM file of that certificate's private key.</summary>
    public string? ClientKeyFile { get; init; }
    /// <summary>A token of the broker (<c>token</c>); read at every login.</summary>
    public string? TokenFile { get; init; }
    /// <summary>Accepts method <c>token</c>: a standing secret, which <c>check</c> warns of.</summary>
    public bool AllowStaticToken { get; init; }

    public string Path => $"auth/{Mount ?? Method}/login";

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved)
    {
        if (!Methods.Contains(Method)) yield return $"{path}:Method: must be one of {string.Join(", ", Methods)}";
        if (Mount is not null && !VaultPath.IsPlain(Mount)) yield return $"{path}:Mount: must be a path of letters, digits and _.- between single slashes";
        if (Role is not null && !VaultPath.IsSegment(Role)) yield return $"{path}:Role: must be 1 to 128 letters, digits, and _.-";
        if (Role is null && Method is ("jwt" or "kubernetes")) yield return $"{path}:Role: is needed for {Method}";
        if (Method == "jwt")
        {
            foreach (var wrong in FederationToken.Validate(Subject, Audience, reserved, path)) yield return wrong;
        }

        if (Method == "approle" && string.IsNullOrEmpty(RoleId)) yield return $"{path}:RoleId: is needed for approle";
        if (Method == "token" && !AllowStaticToken) yield return $"{path}:AllowStaticToken: method token is a standing secret and has to be accepted explicitly";
        foreach (var (name, file, method) in new[]
                 {
                     ("JwtFile", JwtFile, "kubernetes"), ("SecretIdFile", SecretIdFile, "approle"), ("TokenFile", TokenFile, "token"),
                     ("ClientCertificateFile", ClientCertificateFile, "cert"), ("ClientKeyFile", ClientKeyFile, "cert"),
                 })
        {
            if (Method == method && file is null) yield return $"{path}:{name}: is needed for {method}";
            else if ((Method == method || (file is not null && name != "JwtFile")) && !File.Exists(file)) yield return $"{path}:{name}: the file does not exist or cannot be seen";
        }
    }
}
