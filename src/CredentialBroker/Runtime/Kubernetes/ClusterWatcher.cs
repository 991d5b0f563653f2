using CredentialBroker.Admission;
using CredentialBroker.Approvals;
using CredentialBroker.Clusters;
using CredentialBroker.Leases;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>Watches each cluster from one replica, from outside its pods: what a workload does not say, the cluster does.</summary>
internal sealed class ClusterWatcher(
    IReadOnlyList<WatchedCluster> clusters, ClusterPlaces places, PodEnds ends, Candidates candidates, LeaseStore leases, ApprovalStore approvals, FindingStore findings, Journal journal, DueSignal due,
    KindLog kinds, WatcherLog log, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Webhooks = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(clusters.Where(cluster => cluster.Client.Options.Watch).Select(cluster => RunAsync(cluster, stoppingToken)));

    private async Task RunAsync(WatchedCluster cluster, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await places.TakeAsync(cluster.Name)) await WatchAsync(cluster, stop);
            }
            catch (Exception fault) when (!stop.IsCancellationRequested)
            {
                log.Failed(cluster.Name, fault);
            }

            await Task.Delay(Tick, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Until the place is lost, or the broker stops.</summary>
    private async Task WatchAsync(WatchedCluster cluster, CancellationToken stop)
    {
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var changes = ChangesOf(cluster);
        Task[] all = [.. changes.Select(one => new KindLoop(cluster.Client, one, kinds, clock).RunAsync(mine.Token)), TickAsync(cluster, changes, mine.Token)];
        try
        {
            do
            {
                await Task.Delay(ClusterPlaces.Every, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            while (!stop.IsCancellationRequested && await places.TakeAsync(cluster.Name));
        }
        finally
        {
            await mine.CancelAsync();
            await Task.WhenAll(all);
        }

        if (stop.IsCancellationRequested) await places.LeaveAsync(cluster.Name);
    }

    private IReadOnlyList<IClusterChanges> ChangesOf(WatchedCluster cluster)
    {
        var rules = cluster.Client.Options;
        return
        [
            new PodChanges(cluster, ends, candidates, leases, approvals, findings, journal, due, clock),
            new NodeChanges(cluster, ends, leases, findings, clock),
            new JobChanges(cluster, ends),
            // An account that is the same and only looks different is for a person to see.
            Surrounding(ResourceKind.ServiceAccounts, seen => Surroundings.Account(cluster, seen), (before, now) => now?.Uid == before.Uid && rules.OnServiceAccount == "end" ? "mark" : rules.OnServiceAccount),
            Surrounding(ResourceKind.RoleBindings, seen => Surroundings.Binding(cluster, seen), (_, _) => rules.OnRoleBinding),
            Surrounding(ResourceKind.ClusterRoleBindings, seen => Surroundings.Binding(cluster, seen), (_, _) => rules.OnRoleBinding),
            Surrounding(ResourceKind.Namespaces, Surroundings.Namespace, (_, _) => rules.OnNamespace),
        ];

        SurroundingChanges Surrounding(ResourceKind kind, Func<System.Text.Json.JsonElement, Remembered?> read, Func<Remembered, Remembered?, string> rule) =>
            new(kind, cluster, read, rule, leases, findings, journal, due, clock);
    }

    private async Task TickAsync(WatchedCluster cluster, IReadOnlyList<IClusterChanges> changes, CancellationToken cancel)
    {
        var next = clock.GetUtcNow();
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                foreach (var one in changes) await one.TickAsync(cancel);
                if (cluster.Gate is not null && clock.GetUtcNow() >= next)
                {
                    next = clock.GetUtcNow() + Webhooks;
                    await findings.RecordAsync($"clusters/{cluster.Name}/webhooks", await WebhookCheck.RunAsync(cluster.Client, cancel), cancel);
                }
            }
            catch (ClusterException fault)
            {
                log.NotChecked(cluster.Name, fault.Detail);
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested)
            {
                log.Failed(cluster.Name, fault);
            }

            await Task.Delay(Tick, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

internal sealed partial class WatcherLog(ILogger<WatcherLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Watching cluster {Cluster} failed; it is begun anew")]
    public partial void Failed(string cluster, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhooks of cluster {Cluster} could not be looked at: {Detail}")]
    public partial void NotChecked(string cluster, string detail);
}
