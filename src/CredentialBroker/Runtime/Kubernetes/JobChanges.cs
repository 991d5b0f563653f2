using System.Text.Json;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;
using CredentialBroker.Leases;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>Jobs: one that is complete or failed is over, also where a pod of it lingers. Those that were over before are told by their pods.</summary>
internal sealed class JobChanges(WatchedCluster cluster, PodEnds ends) : IClusterChanges
{
    public ResourceKind Kind => ResourceKind.Jobs;

    public Task BeginAsync(CancellationToken cancel) => Task.CompletedTask;

    public Task ListedAsync(IReadOnlyList<JsonElement> page, CancellationToken cancel) => Task.CompletedTask;

    public Task CompleteAsync(CancellationToken cancel) => Task.CompletedTask;

    public async Task ChangedAsync(IReadOnlyList<WatchEvent> changes, CancellationToken cancel)
    {
        foreach (var job in changes.Where(change => IsOver(change.Object)).Select(change => change.Object))
        {
            if (job.Object("metadata") is not { } metadata || metadata.Text("namespace") is not { } space || metadata.Text("uid") is not { } uid) continue;
            var pods = (await cluster.Client.PodsOfJobAsync(space, uid, cancel)).Select(pod => PodRead.Of(pod, space)).OfType<PodRead>();
            await ends.EndAsync(cluster, [.. pods.Select(pod => new GonePod(pod.Uid, cluster.WorkloadIdOf(pod)))], Causes.TaskEnd, cancel);
        }
    }

    private static bool IsOver(JsonElement job) =>
        job.Object("status")?.Items("conditions").Any(c => c.Text("type") is "Complete" or "Failed" && c.Text("status") == "True") == true;
}
