using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Aws;

/// <summary>Operator configuration <c>Targets:Aws:{name}</c>: one account, and what templates may choose there.</summary>
internal sealed record AwsTarget
{
    /// <summary>The account's twelve digits; an answer for another one is refused.</summary>
    public string Account { get; init; } = "";
    /// <summary>Region that sessions are made in, such as <c>eu-central-1</c>; workloads are told it too.</summary>
    public string Region { get; init; } = "";
    /// <summary>ARNs of the roles that templates may choose.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
    /// <summary>How the broker itself logs in.</summary>
    public AwsLogin Login { get; init; } = new();
    /// <summary>By what a role's policy denies one lease's session: <c>source-identity</c>, <c>user-id</c>, <c>principal-tag</c>, or <c>none</c> where the broker may not write it.</summary>
    public string DenyBy { get; init; } = "source-identity";
    /// <summary>Leases that may live on one role at once; absent for as many as its policy can deny at once. More is a risk that <c>check</c> names.</summary>
    public int? MaxLeasesPerRole { get; init; }
    /// <summary>Roles that the broker makes itself, one for each lease of templates that ask for it; absent where it may make none.</summary>
    public AwsLeaseRoles? LeaseRoles { get; init; }
    /// <summary>The <c>sts:ExternalId</c> that the roles' trust policies ask for.</summary>
    public string? ExternalId { get; init; }
    /// <summary>Addresses of services at which templates may name a harmless request as proof, such as <c>https://s3.eu-central-1.amazonaws.com</c>.</summary>
    public IReadOnlyList<Uri> ProbeEndpoints { get; init; } = [];
    /// <summary>STS, where it is not the region's own; https but for loopback.</summary>
    public Uri? StsEndpoint { get; init; }
    /// <summary>IAM, where it is not the partition's own; https but for loopback.</summary>
    public Uri? IamEndpoint { get; init; }
    /// <summary>PEM file of the authorities that may have signed the endpoints' certificates; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Leases that may be made or renewed at once.</summary>
    public int MaxMinting { get; init; } = 16;
    /// <summary>Leases that may be ended at once; a bound of their own, so that making never keeps ending waiting.</summary>
    public int MaxEnding { get; init; } = 32;

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved) =>
        AwsTargetRules.Check(this, path).Concat(Login.Validate($"{path}:Login", this, reserved)).Concat(LeaseRoles?.Validate($"{path}:LeaseRoles", this) ?? []);
}
