using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Gcp;

/// <summary>Operator configuration <c>Targets:Gcp:{name}</c>: one workload identity pool, and what templates may choose there.</summary>
internal sealed record GcpTarget
{
    /// <summary>The pool's provider that trusts the broker, <c>//iam.googleapis.com/projects/…/providers/…</c>; the audience of the broker's own token.</summary>
    public string Provider { get; init; } = "";
    /// <summary>Google's Security Token Service, or a private endpoint for it.</summary>
    public Uri StsEndpoint { get; init; } = new("https://sts.googleapis.com");
    /// <summary>Google's IAM credentials API, or a private endpoint for it.</summary>
    public Uri IamCredentialsEndpoint { get; init; } = new("https://iamcredentials.googleapis.com");
    /// <summary>How the broker comes to tokens.</summary>
    public GcpLogin Login { get; init; } = new();
    /// <summary>E-mail addresses of the service accounts that templates may impersonate.</summary>
    public IReadOnlyList<string> ServiceAccounts { get; init; } = [];
    /// <summary>Groups that a lease's own subject may be in; the provider maps the claim <c>group</c> to an attribute.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
    /// <summary>OAuth scopes that tokens may have.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];
    /// <summary>Buckets that access boundaries may name; <c>*</c> at the end stands for any rest of the name.</summary>
    public IReadOnlyList<string> Buckets { get; init; } = [];
    /// <summary>Roles that access boundaries may name, such as <c>roles/storage.objectViewer</c>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
    /// <summary>Addresses below which a template's <c>probe</c> may lie; a lease's token is shown there.</summary>
    public IReadOnlyList<Uri> Probes { get; init; } = [];
    /// <summary>How long a token lives at the most, from 5 minutes to 12 hours; one that says more is refused.</summary>
    public TimeSpan TokenLife { get; init; } = TimeSpan.FromHours(1);
    /// <summary>PEM file of the authorities that may have signed the servers' certificates; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Leases that may be made or renewed at once.</summary>
    public int MaxMinting { get; init; } = 16;
    /// <summary>Leases that may be ended or tried at once.</summary>
    public int MaxEnding { get; init; } = 16;

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved) => GcpTargetRules.Check(this, path, reserved).Concat(Login.Validate($"{path}:Login"));
}
