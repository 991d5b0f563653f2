using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Clusters;

namespace CredentialBroker.Admission;

/// <summary>One cluster as its gate knows it: whose approvals it makes, and under which name its workloads prove themselves.</summary>
/// <param name="Workloads">Trust source of the cluster's tokens; its name is in every workload's URI.</param>
/// <param name="Audience">Audience of the tokens that pods get for this broker.</param>
internal sealed record AdmissionGate(string Cluster, ApprovalSource Source, string Workloads, string Audience, AdmissionOptions Options)
{
    /// <summary>URI of a service account's workloads.</summary>
    public string UriOf(string space, string account) => $"k8s://{Workloads}/{space}/{account}";

    public string Environment => Source.Options.Environments[0];
}

/// <summary>The gates there are: a cluster, a source of its approvals, a source of its tokens.</summary>
internal sealed class AdmissionGates
{
    private readonly Dictionary<string, AdmissionGate> _gates = new(StringComparer.Ordinal);

    public AdmissionGates(
        IReadOnlyDictionary<string, AdmissionOptions> options, IReadOnlyDictionary<string, ApprovalSource> sources, IReadOnlyDictionary<string, WorkloadSourceOptions> workloads)
    {
        foreach (var source in sources.Values.Where(s => s.Options is { Format: Formats.Admission, Cluster: not null }))
        {
            var cluster = source.Options.Cluster!;
            if (workloads.FirstOrDefault(w => w.Value.Cluster == cluster) is { Key: { } name, Value.Audience: var audience })
                _gates[cluster] = new AdmissionGate(cluster, source, name, audience, options.GetValueOrDefault(cluster) ?? new AdmissionOptions());
        }
    }

    public IReadOnlyCollection<AdmissionGate> All => _gates.Values;

    public AdmissionGate? Find(string cluster) => _gates.GetValueOrDefault(cluster);

    /// <summary>What does not fit between the sections.</summary>
    public static IEnumerable<string> Validate(
        IReadOnlyDictionary<string, AdmissionOptions> options, IReadOnlyDictionary<string, ClusterOptions> clusters,
        IReadOnlyDictionary<string, ApprovalSourceOptions> sources, IReadOnlyDictionary<string, WorkloadSourceOptions> workloads)
    {
        foreach (var (name, cluster) in clusters)
        {
            if (!DnsNames.Label(name)) yield return $"Clusters:{name}: a cluster's name has only lower-case letters, digits and inner hyphens, at most 63";
            foreach (var mistake in cluster.Validate(name)) yield return mistake;
        }

        foreach (var (name, gate) in options)
        {
            foreach (var mistake in gate.Validate(name)) yield return mistake;
            if (!sources.Any(s => s.Value.Format == Formats.Admission && s.Value.Cluster == name)) yield return $"Admission:{name}: no approval source of the format admission names this cluster";
        }

        foreach (var (name, workload) in workloads.Where(w => w.Value.Cluster is not null))
        {
            if (!clusters.ContainsKey(workload.Cluster!)) yield return $"TrustSources:Workloads:{name}:Cluster: Clusters has no '{workload.Cluster}'";
            if (workloads.Any(w => string.CompareOrdinal(w.Key, name) < 0 && w.Value.Cluster == workload.Cluster)) yield return $"TrustSources:Workloads:{name}:Cluster: another source names the same cluster; a pod would be two workloads";
        }

        foreach (var (name, source) in sources.Where(s => s.Value is { Format: Formats.Admission, Cluster: not null }))
        {
            var path = $"TrustSources:Approvals:{name}:Cluster";
            if (!clusters.ContainsKey(source.Cluster!)) yield return $"{path}: Clusters has no '{source.Cluster}'";
            if (!workloads.Any(w => w.Value.Cluster == source.Cluster)) yield return $"{path}: no source of workloads names this cluster, so that no pod could prove what was approved";
            if (sources.Any(s => string.CompareOrdinal(s.Key, name) < 0 && s.Value is { Format: Formats.Admission } && s.Value.Cluster == source.Cluster)) yield return $"{path}: another source approves for the same cluster";
        }
    }
}
