using CredentialBroker.Admission;
using CredentialBroker.Attestation;
using CredentialBroker.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>A cluster whose workloads prove themselves here.</summary>
/// <param name="Workloads">Trust source of its tokens.</param>
/// <param name="Gate">Its gate, where it has one.</param>
internal sealed record WatchedCluster(ClusterClient Client, string Workloads, AdmissionGate? Gate)
{
    public string Name => Client.Name;

    /// <summary>Row id of a pod's instance.</summary>
    public string WorkloadIdOf(PodRead pod) => Workload.IdOf(Workloads, UriOf(pod.Namespace, pod.ServiceAccount), pod.Uid);

    public string UriOf(string space, string account) => $"k8s://{Workloads}/{space}/{account}";

    public static IReadOnlyList<WatchedCluster> Of(ClusterCatalog clusters, AdmissionGates gates, WorkloadAttestation attestation) =>
    [
        .. from source in attestation.Sources
           where source.Options.Cluster is { } cluster && clusters.All.ContainsKey(cluster)
           select new WatchedCluster(clusters.To(source.Options.Cluster!), source.Name, gates.Find(source.Options.Cluster!)),
    ];
}
