using System.Text.Json;
using CredentialBroker.Admission;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Clusters;
using CredentialBroker.Leases;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>
/// Pods: those that came to be confirm their candidates, those that are over end what they hold, and those that are no
/// longer what was approved lose it. What was there before a list was asked for and is not in it went unseen.
/// </summary>
internal sealed class PodChanges(WatchedCluster cluster, PodEnds ends, Candidates candidates, LeaseStore leases, ApprovalStore approvals, FindingStore findings, Journal journal, DueSignal due, TimeProvider clock)
    : IClusterChanges
{
    private const int MostTold = 100;

    private readonly HashSet<string> _listed = new(StringComparer.Ordinal);
    private readonly List<Finding> _unapproved = [];
    private List<(string Id, string Instance)> _holders = [];
    private List<string> _standing = [];

    public ResourceKind Kind => ResourceKind.Pods;

    public async Task BeginAsync(CancellationToken cancel)
    {
        _listed.Clear();
        _unapproved.Clear();
        // Before the list: whoever came to be after it began holds nothing here yet.
        _holders = await leases.HoldersOfSourceAsync(cluster.Workloads, cancel);
        _standing = cluster.Gate is { } gate ? await approvals.ListStandingAsync(gate.Source.Name, cancel) : [];
    }

    public async Task ListedAsync(IReadOnlyList<JsonElement> page, CancellationToken cancel)
    {
        var pods = page.Select(pod => PodRead.Of(pod)).OfType<PodRead>().ToList();
        foreach (var pod in pods) _listed.Add(pod.Uid);
        await ApplyAsync(pods, [], cancel);
        if (cluster.Gate is not { } gate) return;
        var marked = pods.Where(pod => pod.Lives && (pod.Templates ?? pod.Nonce) is not null).ToList();
        if (marked.Count == 0) return;
        var known = (await approvals.ListKnownAsync(gate.Source.Name, [.. marked.Select(pod => pod.Uid)], cancel)).ToHashSet(StringComparer.Ordinal);
        _unapproved.AddRange(marked.Where(pod => !known.Contains(pod.Uid)).Select(pod => new Finding(FindingKinds.UnapprovedPod, $"{pod.Namespace}/{pod.Name} ({pod.Uid}) asks for credentials and was never let in by this gate; it gets none")));
    }

    public async Task CompleteAsync(CancellationToken cancel)
    {
        await ends.EndAsync(cluster, [.. _holders.Where(holder => !_listed.Contains(holder.Instance)).Select(holder => new GonePod(holder.Instance, holder.Id))], Causes.WorkloadGone, cancel);
        if (cluster.Gate is not { } gate) return;
        var gone = (await approvals.ListLiveAsync(gate.Source.Name, [.. _standing.Where(uid => !_listed.Contains(uid)).Take(10_000)], cancel)).Select(a => new GonePod(a.Reference, Attestation.Workload.IdOf(cluster.Workloads, a.WorkloadUri, a.Reference)));
        await ends.EndAsync(cluster, [.. gone], Causes.WorkloadGone, cancel);
        await findings.RecordAsync($"clusters/{cluster.Name}/pods", [.. _unapproved.Take(MostTold)], cancel);
    }

    public Task ChangedAsync(IReadOnlyList<WatchEvent> changes, CancellationToken cancel)
    {
        var (seen, gone) = (new Dictionary<string, PodRead>(StringComparer.Ordinal), new List<PodRead>());
        foreach (var change in changes)
        {
            if (PodRead.Of(change.Object) is not { } pod) continue;
            if (change.Kind == ChangeKind.Deleted) gone.Add(pod);
            // Only the last of several looks counts.
            else seen[pod.Uid] = pod;
        }

        return ApplyAsync([.. seen.Values], gone, cancel);
    }

    private async Task ApplyAsync(IReadOnlyList<PodRead> seen, IReadOnlyList<PodRead> gone, CancellationToken cancel)
    {
        var over = gone.Concat(seen.Where(pod => !pod.Lives)).Select(pod => new GonePod(pod.Uid, cluster.WorkloadIdOf(pod))).ToList();
        if (over.Count > 0) await ends.EndAsync(cluster, over, Causes.WorkloadGone, cancel);
        if (cluster.Gate is not { } gate) return;
        var dead = gone.Select(pod => pod.Uid).ToHashSet(StringComparer.Ordinal);
        // Only pods with our mark were let in here.
        var alive = seen.Where(pod => pod is { Lives: true, Nonce: not null } && !dead.Contains(pod.Uid)).ToList();
        foreach (var (pod, approval) in await candidates.SeenAsync(gate, alive, "watch", cluster.Client.Options.CompareImages, cancel)) await DriftedAsync(pod, approval, cancel);
    }

    private async Task DriftedAsync(PodRead pod, Approval approval, CancellationToken cancel)
    {
        var rule = cluster.Client.Options.OnDrift;
        if (rule == "ignore") return;
        var finding = new Finding(FindingKinds.Drift, $"{pod.Namespace}/{pod.Name} ({pod.Uid}) is no longer what was approved: spec {pod.SpecDigest}{(pod.RunningImages.Length > 0 ? $", images {pod.RunningImages}" : "")}");
        if (rule == "end")
        {
            await journal.CommitAsync(Lane.Control,
                new ApprovalsOver([approval.Id], ApprovalState.Withdrawn), LeaseStore.EndAllOf("approval_id", approval.Id, clock.NowMs(), Causes.Drift));
            due.Ring();
        }

        // Written after the end: what is told must not keep it waiting.
        await findings.RecordAsync($"clusters/{cluster.Name}/pods/{pod.Uid}", [finding with { Over = rule == "end" }], cancel);
    }
}
