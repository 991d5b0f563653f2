using CredentialBroker.Attestation;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;
using CredentialBroker.Protocol.Clusters;
using CredentialBroker.Runtime.Drift;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>One look at a cluster for a person: reached, allowed to do what is needed and no more, trusted by the same keys, asking as it should.</summary>
internal sealed class ClusterInspection(ClusterCatalog clusters, IReadOnlyList<WatchedCluster> watched, WorkloadAttestation attestation, FindingStore findings)
{
    private static readonly (string Verb, string Group, string Resource)[] Needed =
    [
        ("create", "authentication.k8s.io", "tokenreviews"), ("create", "authorization.k8s.io", "subjectaccessreviews"), ("get", "", "pods"),
        .. ResourceKind.All.SelectMany(kind => new[] { ("list", kind.Group, kind.Resource), ("watch", kind.Group, kind.Resource) }),
        ("list", "admissionregistration.k8s.io", "validatingwebhookconfigurations"), ("list", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ];

    /// <summary>Rights that would make a break-in here one into the whole cluster.</summary>
    private static readonly (string Verb, string Group, string Resource)[] TooMuch =
    [
        ("get", "", "secrets"), ("create", "", "pods"), ("create", "", "pods/exec"), ("create", "", "serviceaccounts/token"), ("create", "rbac.authorization.k8s.io", "clusterrolebindings"), ("*", "*", "*"),
    ];

    public async Task<ClusterReport> RunAsync(string name, CancellationToken cancel)
    {
        var (client, points) = (clusters.To(name), new List<ClusterPoint>());
        try
        {
            var version = await client.GetAsync("version", cancel) is { } told ? JsonMembers.Text(told, "gitVersion") : null;
            points.Add(new ClusterPoint("server", version is not null, version is null ? "does not tell its version" : $"answers, version {version}"));
            foreach (var (verb, group, resource) in Needed)
            {
                if (!await client.MayAsync(verb, group, resource, cancel)) points.Add(new ClusterPoint("rights", false, $"cannot {verb} {Of(group, resource)}, which is needed"));
            }

            foreach (var (verb, group, resource) in TooMuch)
            {
                if (await client.MayAsync(verb, group, resource, cancel)) points.Add(new ClusterPoint("rights", false, $"can {verb} {Of(group, resource)}, which is not needed"));
            }

            if (points.TrueForAll(point => point.Area != "rights")) points.Add(new ClusterPoint("rights", true, $"{Needed.Length} that are needed, and none of {TooMuch.Length} that are not"));
            points.Add(await KeysAsync(client, cancel));
            await WebhooksAsync(client, points, cancel);
        }
        catch (ClusterException fault)
        {
            points.Add(new ClusterPoint("server", false, fault.Detail));
        }

        points.AddRange((await findings.ListAsync(resolved: false, cancel)).Where(one => one.Subject.StartsWith($"clusters/{name}/", StringComparison.Ordinal) && one.Kind != FindingKinds.Webhook).Select(one => new ClusterPoint("findings", false, $"{one.Kind}: {one.Detail}")));
        return new ClusterReport(name, points.TrueForAll(point => point.Ok), points);
    }

    private async Task WebhooksAsync(ClusterClient client, List<ClusterPoint> points, CancellationToken cancel)
    {
        if (watched.FirstOrDefault(cluster => cluster.Name == client.Name)?.Gate is null) points.Add(new ClusterPoint("webhooks", true, "no approval source of the format admission names this cluster; it is watched only"));
        else if (await WebhookCheck.RunAsync(client, cancel) is { Count: > 0 } wrong) points.AddRange(wrong.Select(one => new ClusterPoint("webhooks", false, one.Detail)));
        else points.Add(new ClusterPoint("webhooks", true, "both are there, and fail closed"));
    }

    /// <summary>A source that trusts other keys than its cluster signs with trusts another cluster.</summary>
    private async Task<ClusterPoint> KeysAsync(ClusterClient client, CancellationToken cancel)
    {
        if (attestation.Sources.FirstOrDefault(source => source.Options.Cluster == client.Name) is not { } source) return new ClusterPoint("keys", false, "no source of workloads names this cluster");
        if (await client.GetAsync("openid/v1/jwks", cancel) is not { } published) return new ClusterPoint("keys", false, "the cluster publishes no keys");
        if (await source.Rules.Keys.ForAsync(null, cancel) is not { } trusted) return new ClusterPoint("keys", false, $"the keys of {source.Name} cannot be had");
        try
        {
            var signs = KeySet.Parse(System.Text.Encoding.UTF8.GetBytes(published.GetRawText()));
            var (theirs, ours) = (signs.Keys.Select(PrintOf).ToHashSet(), trusted.Keys.Select(PrintOf).ToHashSet());
            return theirs.SetEquals(ours) ? new ClusterPoint("keys", true, $"{source.Name} trusts exactly what the cluster signs with")
                : new ClusterPoint("keys", false, $"{source.Name} trusts {ours.Except(theirs).Count()} keys that the cluster does not sign with, and lacks {theirs.Except(ours).Count()} that it does");
        }
        catch (FormatException)
        {
            return new ClusterPoint("keys", false, "what the cluster publishes is no set of keys");
        }
    }

    private static string PrintOf(PublicKey key) => key switch
    {
        PublicKey.Rsa rsa => Convert.ToHexStringLower(rsa.Parameters.Modulus!),
        PublicKey.Elliptic curve => Convert.ToHexStringLower([.. curve.Parameters.Q.X!, .. curve.Parameters.Q.Y!]),
        _ => "",
    };

    private static string Of(string group, string resource) => group.Length == 0 ? resource : $"{resource}.{group}";
}
