using CredentialBroker.Admission;
using CredentialBroker.Attestation;
using CredentialBroker.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

internal static class ClusterWatchServices
{
    public static IServiceCollection AddClusterWatching(this IServiceCollection services) => services
        .AddSingleton(provider => WatchedCluster.Of(provider.GetRequiredService<ClusterCatalog>(), provider.GetRequiredService<AdmissionGates>(), provider.GetRequiredService<WorkloadAttestation>()))
        .AddSingleton<ClusterPlaces>()
        .AddSingleton<PodEnds>()
        .AddSingleton<KindLog>()
        .AddSingleton<WatcherLog>()
        .AddSingleton<ClusterInspection>()
        .AddSingleton<ClusterAudit>()
        .AddHostedService<ClusterWatcher>();
}
