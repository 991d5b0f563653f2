using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.AzureAppService;

/// <summary>The managed identity endpoint of Azure App Service: what `IDENTITY_ENDPOINT` points at.</summary>
internal sealed class AzureAppServiceOptions
{
    /// <summary>The lease, of backend `azure`, for each resource that may be asked for, such as `https://vault.azure.net`.</summary>
    public Dictionary<string, string> Resources { get; set; } = [];

    /// <summary>Address and port on loopback.</summary>
    public string Listen { get; set; } = "127.0.0.1:9913";

    /// <summary>Where the secret lies that callers must show: what `IDENTITY_HEADER` has to hold.</summary>
    public string HeaderFile { get; set; } = "/run/credbroker/azure-header";

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        AzureResources.Validate(mistakes, nameof(Resources), Resources, leases);
        mistakes.DemandListen(Listen, nameof(Listen));
        mistakes.DemandPath(HeaderFile, nameof(HeaderFile));
    }
}
