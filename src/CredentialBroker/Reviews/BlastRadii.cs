using System.Globalization;
using System.Text.Json;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;

namespace CredentialBroker.Reviews;

/// <summary>
/// What whoever took over a pod, a node, an image or an issuer could reach (R30): leases that live and those that ended lately, grouped in
/// the store, so that what comes back does not grow with their number; and what their decisions granted.
/// </summary>
internal sealed class BlastRadii(Store store, TimeProvider clock)
{
    private const int MostHolders = 20;
    private const int MostGroups = 1000;

    /// <summary>Decisions read; of more leases than this those of the newest are.</summary>
    private const int MostDecisions = 5000;

    private const string Needed = "l.id, l.backend, l.target, l.environment, l.template, l.template_revision, l.revocability, l.dies_by, l.workload_id";

    /// <param name="since">Leases that ended after this are counted too, in UTC milliseconds.</param>
    public async Task<BlastRadius> OfAsync(string text, Selector selector, long since, CancellationToken cancel)
    {
        var sql = new SelectorSql(selector);
        var all =
            $"""
            SELECT {Needed}, 1 AS live FROM leases l {sql.Joins} WHERE {sql.Where}
            UNION ALL SELECT {Needed}, 0 AS live FROM ended_leases l {sql.Joins} WHERE l.ended_at >= @since AND {sql.Where}
            """;
        (string, object?)[] values = [("since", since), .. sql.Values];
        var groups = await store.ListAsync(Pool.Control, new Statement(
            $"""
            SELECT g.backend, g.target, g.environment, g.template, v.owner, g.revocability, sum(g.live), sum(g.recent), max(g.dies) FROM (
                SELECT l.backend, l.target, l.environment, l.template, l.template_revision, l.revocability, CAST(sum(l.live) AS bigint) AS live, CAST(sum(1 - l.live) AS bigint) AS recent,
                    max(CASE WHEN l.live = 1 THEN l.dies_by END) AS dies
                FROM ({all}) l GROUP BY l.backend, l.target, l.environment, l.template, l.template_revision, l.revocability) g
            LEFT JOIN template_revisions v ON v.revision = g.template_revision
            GROUP BY g.backend, g.target, g.environment, g.template, v.owner, g.revocability ORDER BY sum(g.live) DESC, g.template LIMIT {MostGroups}
            """) { Values = values },
            row => new BlastGroup(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4), (Revocability)row.GetInt64(5), Convert.ToInt64(row.GetValue(6), null),
                Convert.ToInt64(row.GetValue(7), null), row.IsDBNull(8) ? null : At(row.GetInt64(8))), cancel);
        var holders = await store.ListAsync(Pool.Control, new Statement(
            $"SELECT w.uri, w.node, g.leases FROM (SELECT l.workload_id, count(*) AS leases FROM ({all}) l GROUP BY l.workload_id ORDER BY count(*) DESC LIMIT {MostHolders}) g JOIN workloads w ON w.id = g.workload_id ORDER BY g.leases DESC, w.uri, w.id") { Values = values },
            row => new BlastHolder(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetInt64(2)), cancel);
        var instances = (await store.ListAsync(Pool.Control, new Statement($"SELECT count(*) FROM (SELECT DISTINCT l.workload_id FROM ({all}) l) w") { Values = values }, row => row.GetInt64(0), cancel))[0];
        var (privileges, of) = await PrivilegesAsync(all, values, cancel);
        return new BlastRadius(
            text, At(since), At(clock.NowMs()), groups.Sum(group => group.Live), groups.Sum(group => group.Recent), instances, Sentence(groups, instances),
            [.. groups.Select(group => group.Environment).Distinct().Order(StringComparer.Ordinal)], [.. groups.Select(group => group.Owner).OfType<string>().Distinct().Order(StringComparer.Ordinal)], groups, holders, privileges, of);
    }

    /// <summary>Decisions say exactly what was granted; renewals and refusals under the same lease say nothing else.</summary>
    private async Task<(IReadOnlyList<Privilege> Privileges, long Of)> PrivilegesAsync(string all, (string, object?)[] values, CancellationToken cancel)
    {
        var (found, leases) = (new Dictionary<(string, string, string), SortedSet<string>>(), new HashSet<string>(StringComparer.Ordinal));
        await store.ReadAsync(Pool.Control, new Statement(
            $"""
            SELECT a.lease, a.body FROM (SELECT n.id FROM ({all}) n ORDER BY n.id DESC LIMIT {MostDecisions}) k
            JOIN audit a ON a.lease = k.id AND a.type = 'credential.decision'
            """)
        {
            Values = values,
            Row = row =>
            {
                leases.Add(row.GetString(0));
                using var body = JsonDocument.Parse(row.GetString(1));
                if (!body.RootElement.TryGetProperty("effectivePrivileges", out var granted)) return;
                foreach (var one in granted.EnumerateArray())
                {
                    var key = (one.GetProperty("backend").GetString()!, one.GetProperty("target").GetString()!, one.GetProperty("resource").GetString()!);
                    if (!found.TryGetValue(key, out var actions)) found[key] = actions = new SortedSet<string>(StringComparer.Ordinal);
                    actions.UnionWith(one.GetProperty("actions").EnumerateArray().Select(action => action.GetString()!));
                }
            },
        }, cancel);
        return ([.. found.OrderBy(one => one.Key).Select(one => new Privilege(one.Key.Item1, one.Key.Item2, one.Key.Item3, [.. one.Value]))], leases.Count);
    }

    private static string Sentence(IReadOnlyList<BlastGroup> groups, long instances)
    {
        if (groups.Count == 0) return "nothing is reached";
        var (live, recent) = (groups.Sum(group => group.Live), groups.Sum(group => group.Recent));
        var targets = groups.Select(group => (group.Backend, group.Target)).Distinct().Count();
        var last = groups.Max(group => group.UsableUntil);
        var until = last is { } time ? string.Create(CultureInfo.InvariantCulture, $"; left alone, the last is dead at {time:yyyy-MM-dd'T'HH:mm:ss'Z'}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{instances} instances hold {live} live leases and held {recent} that ended, at {targets} targets{until}");
    }

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
