namespace CredentialBroker.Backends.Azure;

/// <summary>An application or a user-assigned managed identity of the tenant.</summary>
internal sealed record AzureIdentity
{
    /// <summary>The application (client) id.</summary>
    public string ClientId { get; init; } = "";
    /// <summary>Object id of the service principal; needed where templates assign it roles.</summary>
    public string? PrincipalId { get; init; }
    /// <summary>Subject of the federation issuer's token, as the identity's federated credential names it. One stable subject serves every lease.</summary>
    public string Subject { get; init; } = "credential-broker";
    /// <summary>Lets templates add a secret to the application for each lease.</summary>
    public bool AllowSecrets { get; init; }
    /// <summary>A standing secret of the application, for login by <c>client-secret</c> only.</summary>
    public string? ClientSecretFile { get; init; }
}
