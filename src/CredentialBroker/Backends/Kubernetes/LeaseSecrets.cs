using System.Text.Json;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Finds this broker's Secrets by their label, and of each its metadata alone.</summary>
internal static class LeaseSecrets
{
    private const int MostPages = 200;

    public static async ValueTask<IReadOnlyList<Ours>> ListAsync(KubernetesHttp http, string target, string brokerId, CancellationToken cancel)
    {
        var found = new List<Ours>();
        foreach (var place in Places(http.Options))
        {
            var next = "";
            for (var page = 0; page == 0 || next.Length > 0; page++)
            {
                if (page == MostPages) throw new BackendException(KubernetesBackend.Word, ReasonCodes.TargetUnavailable, "the list of Secrets has no end", transient: false);
                var query = $"{place}?labelSelector={Uri.EscapeDataString($"{LeaseSecret.BrokerLabel}={brokerId}")}&limit=100{(next.Length > 0 ? $"&continue={Uri.EscapeDataString(next)}" : "")}";
                var answer = await http.SendAsync(HttpMethod.Get, query, body: null, cancel, metadata: true);
                if (!answer.IsSuccess || answer.Json is not { } json || json.Text("kind") != "PartialObjectMetadataList" || !json.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array)
                    throw KubernetesErrors.Of(answer, ReasonCodes.TargetUnavailable, "listing the leases' Secrets");
                found.AddRange(items.EnumerateArray().Select(item => Read(item, target, brokerId)).OfType<Ours>());
                next = json.Object("metadata")?.Text("continue") ?? "";
            }
        }

        return found;
    }

    /// <summary>Each namespace that is named, or all at once where a pattern names none.</summary>
    private static IEnumerable<string> Places(KubernetesTarget target)
    {
        var spaces = target.ServiceAccounts.Select(pattern => pattern.Split('/')[0]).Distinct().ToList();
        return spaces.Contains("*") ? ["api/v1/secrets"] : spaces.Select(space => $"api/v1/namespaces/{space}/secrets");
    }

    /// <summary>Null where name and labels do not agree: then it is not ours to touch.</summary>
    private static Ours? Read(JsonElement item, string target, string brokerId)
    {
        if (item.ValueKind != JsonValueKind.Object || item.Object("metadata") is not { } metadata || metadata.Object("labels") is not { } labels || labels.Text(LeaseSecret.LeaseLabel) is not { } lease
            || labels.Text(LeaseSecret.BrokerLabel) != brokerId || metadata.Text("name") is not { } name || name != KubernetesBackend.NameOf(brokerId, lease)
            || metadata.Text("namespace") is not { } space || !KubernetesNames.IsLabel(space) || !KubernetesNames.IsLabel(name) || metadata.Text("uid") is not { } uid)
            return null;
        return new Ours(lease, Handle.Write(target, ("lease", lease), ("namespace", space), ("object", name), ("uid", uid)));
    }
}
