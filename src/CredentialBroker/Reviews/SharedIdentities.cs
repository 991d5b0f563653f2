using CredentialBroker.Protocol;
using CredentialBroker.Reviews.Identity;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;

namespace CredentialBroker.Reviews;

/// <summary>Each quarter minute it looks whether it is its turn: searches for identities that are shared and images that are trusted unevenly.</summary>
internal sealed class SharedJob(Rounds rounds, SharedIdentities shared, ReviewOptions options, DriftLog log) : LocalJob(error => log.Failed(Name, error))
{
    public const string Name = "shared";

    public override async Task RunAsync(CancellationToken cancel)
    {
        if (options.Every == TimeSpan.Zero) return;
        if ((await rounds.DueAsync([Name], options.Every, cancel)).Count > 0 && await rounds.TakeAsync(Name, options.Every)) await shared.LookAsync(cancel);
    }
}

/// <summary>
/// Identities that several share (R33): a workload that holds leases of different owners or environments, and a role of a cloud that
/// several workloads become. And images that are granted different roles in different clusters (R35).
/// </summary>
internal sealed class SharedIdentities(Store store, IdentityReviews reviews, FindingStore findings)
{
    /// <summary>What this looks at; findings about others are not its to resolve.</summary>
    private static readonly string[] Subjects = ["identity/", "cloud/", "image/"];

    public async Task LookAsync(CancellationToken cancel)
    {
        List<(string Subject, Finding Finding)> seen = [.. await WorkloadsAsync(cancel), .. await CloudRolesAsync(cancel), .. await ImagesAsync(cancel)];
        var bySubject = seen.ToLookup(one => one.Subject, one => one.Finding, StringComparer.Ordinal);
        var before = (await findings.ListAsync(resolved: false, cancel)).Select(one => one.Subject).Where(subject => Subjects.Any(prefix => subject.StartsWith(prefix, StringComparison.Ordinal)));
        foreach (var subject in before.Union(bySubject.Select(group => group.Key), StringComparer.Ordinal).ToList()) await findings.RecordAsync(subject, [.. bySubject[subject]], cancel);
    }

    private async Task<IEnumerable<(string, Finding)>> WorkloadsAsync(CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        """
        SELECT w.uri, g.environment, coalesce(v.owner, '') FROM (SELECT DISTINCT l.workload_id, l.environment, l.template_revision FROM leases l WHERE l.approval_id <> 'canary') g
        JOIN workloads w ON w.id = g.workload_id LEFT JOIN template_revisions v ON v.revision = g.template_revision GROUP BY w.uri, g.environment, v.owner
        """), row => (Uri: row.GetString(0), Environment: row.GetString(1), Owner: row.GetString(2)), cancel))
        .GroupBy(row => row.Uri).SelectMany(uses => new[]
        {
            Shared(uses.Key, "owners", uses.Select(use => use.Owner).Where(owner => owner.Length > 0)), Shared(uses.Key, "environments", uses.Select(use => use.Environment)),
        }).OfType<(string, Finding)>();

    private static (string, Finding)? Shared(string uri, string what, IEnumerable<string> values) => values.Distinct().Order(StringComparer.Ordinal).ToList() is { Count: > 1 } several
        ? ($"identity/{uri}", new Finding(FindingKinds.SharedIdentity, $"one identity holds leases of {several.Count} {what}: {string.Join(", ", several.Take(10))}; give each its own"))
        : null;

    /// <summary>As the reviews say that stand for what workloads are now.</summary>
    private async Task<IEnumerable<(string, Finding)>> CloudRolesAsync(CancellationToken cancel) => (await reviews.AllCurrentAsync(cancel))
        .SelectMany(review => review.View.Checks.First(check => check.Name == "identity").Items.Where(item => RuntimeIdentity.Clouds.Any(cloud => item.StartsWith(cloud.Cloud + " ", StringComparison.Ordinal))).Select(role => (Role: role, review.View.Workload)))
        .GroupBy(one => one.Role).Where(users => users.Select(user => user.Workload).Distinct().Count() > 1)
        .Select(users => ($"cloud/{users.Key}", new Finding(FindingKinds.SharedIdentity, $"several workloads become it: {string.Join(", ", users.Select(user => user.Workload).Distinct().Order(StringComparer.Ordinal).Take(10))}")));

    private async Task<IEnumerable<(string, Finding)>> ImagesAsync(CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        """
        SELECT DISTINCT a.image_digest, w.cluster, l.backend, l.target, l.template FROM leases l JOIN approvals a ON a.id = l.approval_id JOIN workloads w ON w.id = l.workload_id
        WHERE a.image_digest IS NOT NULL AND w.cluster IS NOT NULL
        """), row => (Image: row.GetString(0), Cluster: row.GetString(1), Role: $"{row.GetString(2)}/{row.GetString(3)} by {row.GetString(4)}"), cancel))
        .GroupBy(row => row.Image).Select(uses => (Image: uses.Key, Clusters: uses.GroupBy(use => use.Cluster).Select(one => (one.Key, Roles: string.Join(", ", one.Select(use => use.Role).Order(StringComparer.Ordinal)))).OrderBy(one => one.Key, StringComparer.Ordinal).ToList()))
        .Where(one => one.Clusters.Select(cluster => cluster.Roles).Distinct().Count() > 1)
        .Select(one => ($"image/{one.Image}", new Finding(FindingKinds.RoleSpread, $"one image has different roles in different clusters: {string.Join("; ", one.Clusters.Take(10).Select(cluster => $"{cluster.Key}: {cluster.Roles}"))}")));
}
