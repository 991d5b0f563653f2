using CredentialBroker.Attestation;

namespace CredentialBroker.Clusters;

internal static class ClusterServices
{
    public static IServiceCollection AddClusters(this IServiceCollection services, IReadOnlyDictionary<string, ClusterOptions> configured) => services
        .AddSingleton(new ClusterCatalog(configured))
        .AddSingleton<AccountRights>()
        .AddSingleton<ILiveProof, ClusterProof>();
}
