using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Azure;

/// <summary>Operator configuration <c>Targets:Azure:{name}</c>: one Entra tenant, and what templates may choose there.</summary>
internal sealed record AzureTarget
{
    /// <summary>The tenant's id; an answer for any other is refused.</summary>
    public string TenantId { get; init; } = "";
    /// <summary>Where tokens are had; sovereign clouds have their own.</summary>
    public Uri AuthorityHost { get; init; } = new("https://login.microsoftonline.com");
    /// <summary>Microsoft Graph, where applications get and lose secrets.</summary>
    public Uri GraphEndpoint { get; init; } = new("https://graph.microsoft.com");
    /// <summary>Azure Resource Manager, where roles are assigned.</summary>
    public Uri ResourceManagerEndpoint { get; init; } = new("https://management.azure.com");
    /// <summary>How the broker comes to tokens.</summary>
    public AzureLogin Login { get; init; } = new();
    /// <summary>The broker's own identity, which adds and removes secrets and role assignments; absent where templates hand out access tokens only.</summary>
    public AzureIdentity? Own { get; init; }
    /// <summary>Identities that templates may choose, by the name they use.</summary>
    public IReadOnlyDictionary<string, AzureIdentity> Identities { get; init; } = new Dictionary<string, AzureIdentity>();
    /// <summary>What access tokens may be for, such as <c>https://vault.azure.net/.default</c>.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];
    /// <summary>Ids of the role definitions that templates may assign.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
    /// <summary>Resource groups or resources at or below which they may be assigned.</summary>
    public IReadOnlyList<string> RoleScopes { get; init; } = [];
    /// <summary>Addresses below which a template's <c>probe</c> may lie; a lease's token is shown there.</summary>
    public IReadOnlyList<Uri> Probes { get; init; } = [];
    /// <summary>How long an access token of this tenant lives at the most, from 10 minutes to a day; one that says more is refused. Managed identities need a day.</summary>
    public TimeSpan TokenLife { get; init; } = TimeSpan.FromMinutes(90);
    /// <summary>PEM file of the authorities that may have signed the servers' certificates; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Leases that may be made or renewed at once.</summary>
    public int MaxMinting { get; init; } = 8;
    /// <summary>Leases that may be ended at once; a bound of their own, so that making never keeps ending waiting.</summary>
    public int MaxEnding { get; init; } = 8;

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved) => AzureTargetRules.Check(this, path).Concat(Login.Validate($"{path}:Login", reserved));
}
