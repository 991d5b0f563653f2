using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>A pod that is over, as its leases know it.</summary>
/// <param name="Workload">Row id of the instance.</param>
internal sealed record GonePod(string Uid, string Workload);

/// <summary>
/// Pods that are over, whoever found out: what they hold ends, their approvals are finished, and a tombstone keeps a claim
/// that is under way from getting anything. One question finds which of them held anything, one commit ends it all.
/// </summary>
internal sealed class PodEnds(LeaseStore leases, ApprovalStore approvals, EndOfTask endOfTask, Journal journal, DueSignal due, TimeProvider clock)
{
    /// <summary>In one commit, so that the next one's wait stays short.</summary>
    private const int AtOnce = 200;

    /// <returns>How many of them held a lease or an approval.</returns>
    public async Task<int> EndAsync(WatchedCluster cluster, IReadOnlyCollection<GonePod> pods, string cause, CancellationToken cancel)
    {
        var ended = 0;
        foreach (var lot in pods.DistinctBy(pod => pod.Workload).Chunk(AtOnce))
        {
            var holding = (await leases.HoldingAsync([.. lot.Select(pod => pod.Workload)], clock.NowMs(), cancel)).ToHashSet(StringComparer.Ordinal);
            var live = cluster.Gate is { } gate ? await approvals.ListLiveAsync(gate.Source.Name, [.. lot.Select(pod => pod.Uid)], cancel) : [];
            var approved = live.Select(approval => approval.Reference).ToHashSet(StringComparer.Ordinal);
            var over = lot.Where(pod => holding.Contains(pod.Workload) || approved.Contains(pod.Uid)).ToList();
            if (over.Count == 0) continue;
            var now = clock.NowMs();
            List<Work> works = [.. over.SelectMany(pod => endOfTask.Works($"{cluster.Workloads}/{pod.Uid}", $"cluster:{cluster.Name}"))];
            if (live.Count > 0) works.Add(new ApprovalsOver([.. live.Select(approval => approval.Id)], ApprovalState.Finished));
            works.Add(LeaseStore.EndAllOfWorkloads(over.Select(pod => pod.Workload), now, cause));
            await journal.CommitAsync(Lane.Control, works);
            due.Ring();
            ended += over.Count;
        }

        return ended;
    }
}
