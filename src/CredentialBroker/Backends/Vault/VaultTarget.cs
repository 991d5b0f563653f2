using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Vault;

/// <summary>Operator configuration <c>Targets:Vault:{name}</c>: one Vault or OpenBao, and what templates may choose there.</summary>
internal sealed record VaultTarget
{
    /// <summary>Where it is reached, such as <c>https://vault.example:8200</c>; plain http on loopback only. The active node or what leads there: redirects are not followed.</summary>
    public Uri? Address { get; init; }
    /// <summary>The namespace in which everything happens, such as <c>team/prod</c>; empty for the root's.</summary>
    public string Namespace { get; init; } = "";
    /// <summary>The token role that lease tokens are made from; must be orphan and renewable.</summary>
    public string TokenRole { get; init; } = "";
    /// <summary>Policies of lease tokens; the token role must allow them.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];
    /// <summary>Paths that templates may read, such as <c>database/creds/*</c>; <c>*</c> stands for one whole segment.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
    /// <summary>Lets templates hand out what is stored in <c>kv</c>: secrets that no lease ends.</summary>
    public bool AllowStaticSecrets { get; init; }
    /// <summary>Looks for this broker's tokens among all of the Vault's, to find what its store knows nothing of. Needs <c>list</c> and <c>sudo</c> on <c>auth/token/accessors</c>.</summary>
    public bool ListTokens { get; init; }
    /// <summary>How the broker itself logs in.</summary>
    public VaultLogin Login { get; init; } = new();
    /// <summary>PEM file of the authorities that may have signed the server's certificate; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Leases that may be made or renewed at once.</summary>
    public int MaxMinting { get; init; } = 16;
    /// <summary>Leases that may be ended at once; a bound of their own, so that making never keeps ending waiting.</summary>
    public int MaxEnding { get; init; } = 16;

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved) => VaultTargetRules.Check(this, path).Concat(Login.Validate($"{path}:Login", reserved));
}
