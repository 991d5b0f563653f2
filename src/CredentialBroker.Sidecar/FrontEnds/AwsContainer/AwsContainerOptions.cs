using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.AwsContainer;

/// <summary>AWS container credentials: what `AWS_CONTAINER_CREDENTIALS_FULL_URI` points at.</summary>
internal sealed class AwsContainerOptions
{
    /// <summary>The lease, of backend `aws`.</summary>
    public string Lease { get; set; } = "";

    /// <summary>Address and port on loopback.</summary>
    public string Listen { get; set; } = "127.0.0.1:9911";

    /// <summary>Where the authorization token lies that callers must show: what `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` points at.</summary>
    public string TokenFile { get; set; } = "/run/credbroker/aws-token";

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.DemandLease(Lease, nameof(Lease), leases);
        mistakes.DemandListen(Listen, nameof(Listen));
        mistakes.DemandPath(TokenFile, nameof(TokenFile));
    }
}
