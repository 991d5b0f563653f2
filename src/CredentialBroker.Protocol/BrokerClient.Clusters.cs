using CredentialBroker.Protocol.Clusters;

namespace CredentialBroker.Protocol;

// The clusters that are gated and watched.
public sealed partial class BrokerClient
{
    /// <summary>Lists the configured clusters.</summary>
    public Task<ClusterList> ListClustersAsync(CancellationToken cancel = default) => GetAsync("/v1/clusters", ProtocolJson.Default.ClusterList, cancel);

    /// <summary>Has the broker look at a cluster: whether it can be reached, what the broker may do there, whether it asks the broker as it should.</summary>
    /// <param name="name">The cluster.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ClusterReport> CheckClusterAsync(string name, CancellationToken cancel = default) =>
        GetAsync($"/v1/clusters/{Uri.EscapeDataString(name)}/check", ProtocolJson.Default.ClusterReport, cancel);
}
