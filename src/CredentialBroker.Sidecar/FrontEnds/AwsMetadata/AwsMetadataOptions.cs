using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.AwsMetadata;

/// <summary>The EC2 instance metadata service, version 2. Prefer container credentials: SDKs go on with what this gave them though it refuses.</summary>
internal sealed class AwsMetadataOptions
{
    /// <summary>The lease, of backend `aws`.</summary>
    public string Lease { get; set; } = "";

    /// <summary>Address and port on loopback, or 169.254.169.254:80 where the loopback interface has it.</summary>
    public string Listen { get; set; } = "127.0.0.1:9912";

    /// <summary>Name of the role that is told; absent takes the lease's name.</summary>
    public string? Role { get; set; }

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.DemandLease(Lease, nameof(Lease), leases);
        mistakes.DemandListen(Listen, nameof(Listen));
        if (Role is not null) mistakes.Demand(Role.Length is > 0 and <= 64 && Role.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), nameof(Role), "a role is named with letters, digits, - and _");
    }
}
