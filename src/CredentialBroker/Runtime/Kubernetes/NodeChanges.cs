using System.Globalization;
using System.Text.Json;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;
using CredentialBroker.Leases;
using CredentialBroker.Runtime.Drift;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>
/// Nodes: what runs on one that is gone, or out of touch for too long, cannot be seen to end, and cannot be stopped there.
/// </summary>
internal sealed class NodeChanges(WatchedCluster cluster, PodEnds ends, LeaseStore leases, FindingStore findings, TimeProvider clock) : IClusterChanges
{
    private readonly Dictionary<string, DateTimeOffset> _silent = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _listed = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public ResourceKind Kind => ResourceKind.Nodes;

    public Task BeginAsync(CancellationToken cancel)
    {
        _listed.Clear();
        return Task.CompletedTask;
    }

    public Task ListedAsync(IReadOnlyList<JsonElement> page, CancellationToken cancel)
    {
        foreach (var node in page) See(node);
        return Task.CompletedTask;
    }

    public async Task CompleteAsync(CancellationToken cancel)
    {
        foreach (var gone in _known.Where(name => !_listed.Contains(name)).ToList())
        {
            _known.Remove(gone);
            await LostAsync(gone, "is gone", cancel);
        }
    }

    public async Task ChangedAsync(IReadOnlyList<WatchEvent> changes, CancellationToken cancel)
    {
        foreach (var change in changes)
        {
            if (change.Kind != ChangeKind.Deleted) See(change.Object);
            else if (NameOf(change.Object) is { } name)
            {
                _known.Remove(name);
                lock (_gate) _silent.Remove(name);
                await LostAsync(name, "is gone", cancel);
            }
        }
    }

    public async Task TickAsync(CancellationToken cancel)
    {
        List<string> lost;
        lock (_gate)
        {
            lost = [.. _silent.Where(node => clock.GetUtcNow() - node.Value >= cluster.Client.Options.NodeGrace).Select(node => node.Key)];
        }

        foreach (var name in lost)
        {
            await LostAsync(name, "is out of touch", cancel);
            // Told once; it is looked at again when something about it changes.
            lock (_gate) _silent.Remove(name);
        }
    }

    private void See(JsonElement node)
    {
        if (NameOf(node) is not { } name) return;
        _known.Add(name);
        _listed.Add(name);
        var ready = node.Object("status")?.Items("conditions").FirstOrDefault(c => c.Text("type") == "Ready");
        lock (_gate)
        {
            if (ready is { ValueKind: JsonValueKind.Object } condition && condition.Text("status") == "Unknown")
            {
                var since = DateTimeOffset.TryParse(condition.Text("lastTransitionTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : clock.GetUtcNow();
                _silent.TryAdd(name, since);
            }
            else _silent.Remove(name);
        }
    }

    private async Task LostAsync(string node, string what, CancellationToken cancel)
    {
        var rule = cluster.Client.Options.OnNodeLost;
        if (rule == "ignore") return;
        var holders = await leases.HoldersOfAsync(cluster.Workloads, "node", node, cancel);
        if (holders.Count == 0) return;
        if (rule == "end") await ends.EndAsync(cluster, [.. holders.Select(holder => new GonePod(holder.Instance, holder.Id))], Causes.WorkloadGone, cancel);
        await findings.RecordAsync($"clusters/{cluster.Name}/nodes/{node}", [new Finding(FindingKinds.ClusterChange, $"node {node} {what}; {holders.Count} pods there held leases", Over: rule == "end")], cancel);
    }

    private static string? NameOf(JsonElement node) => node.Object("metadata")?.Text("name");
}
