using System.Globalization;
using CredentialBroker.Backends;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Templates;

namespace CredentialBroker.Incidents;

/// <summary>What a revocation would end, and what ending means for each. Reads only.</summary>
internal sealed class Preview(Store store, TemplateStore templates, BackendCatalog backends, IncidentOptions options, TimeProvider clock)
{
    private const int MostWorkloads = 20;

    public async Task<PreviewView> OfAsync(string text, Selector selector, CancellationToken cancel)
    {
        var owners = (await templates.ReadAsync(cancel)).All.ToDictionary(template => template.Name, template => template.Owners.Runtime, StringComparer.Ordinal);
        var sql = new SelectorSql(selector);
        // Both read every lease that is selected; beside each other they wait for one reading instead of two.
        var workloads = WorkloadsAsync(sql, cancel);
        var groups = await store.ListAsync(Pool.Control, new Statement(
            $"""
            SELECT l.backend, l.target, l.environment, l.template, l.revocability, count(*), max(l.dies_by), CAST(sum(CASE WHEN s.id IS NULL THEN 0 ELSE 1 END) AS bigint)
            FROM leases l {sql.Joins} LEFT JOIN approvals s ON s.id = l.approval_id AND s.state IN (2, 3) AND s.valid_until > @now
            WHERE l.state IN (1, 2) AND {sql.Where} GROUP BY l.backend, l.target, l.environment, l.template, l.revocability ORDER BY count(*) DESC
            """) { Values = [("now", clock.NowMs()), .. sql.Values] },
            row => GroupOf(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), (Revocability)row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), owners) with { Reissuable = row.GetInt64(7) }, cancel);
        var count = groups.Sum(group => group.Leases);
        return new PreviewView(text, count, Sentence(groups), groups, await workloads, count > options.ConfirmAbove);
    }

    /// <summary>Leases after one, in the order of their ids; the walk of a revocation.</summary>
    public Task<List<Lease>> AfterAsync(Selector selector, string cursor, int count, CancellationToken cancel)
    {
        var sql = new SelectorSql(selector);
        return store.ListAsync(Pool.Control, new Statement(
            $"SELECT {LeaseColumns.Of("l")} FROM leases l {sql.Joins} WHERE l.id > @cursor AND l.state <> {(int)LeaseState.Ended} AND {sql.Where} ORDER BY l.id LIMIT @count")
        {
            Values = [("cursor", cursor), ("count", count), .. sql.Values],
        }, LeaseColumns.Read, cancel);
    }

    /// <summary>How many die how soon, and what stays usable until when and where.</summary>
    internal static string Sentence(IReadOnlyList<PreviewGroup> groups)
    {
        if (groups.Count == 0) return "nothing is selected";
        var dying = groups.Where(group => group.ExpectedLatency is not null).GroupBy(group => group.ExpectedLatency!).OrderBy(latency => Durations.Parse(latency.Key))
            .Select(latency => string.Create(CultureInfo.InvariantCulture, $"{latency.Sum(group => group.Leases)} are expected to be refused within {latency.Key} of their end"));
        var living = groups.Where(group => group.ExpectedLatency is null).GroupBy(group => (group.Backend, group.Target))
            .Select(at => string.Create(CultureInfo.InvariantCulture, $"{at.Sum(group => group.Leases)} at {at.Key.Backend}/{at.Key.Target} stay usable until {at.Max(group => group.UsableUntil):yyyy-MM-dd'T'HH:mm:ss'Z'} whatever is done here"));
        var anew = groups.Sum(group => group.Reissuable);
        string[] reissued = anew == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{anew} could be issued anew at once, since their approval stands, unless that is frozen")];
        return string.Join("; ", dying.Concat(living).Concat(reissued));
    }

    private PreviewGroup GroupOf(string backend, string target, string environment, string template, Revocability revocability, long leases, long diesBy, Dictionary<string, string> owners) => new(
        backend, target, environment, template, owners.GetValueOrDefault(template), revocability, leases,
        revocability == Revocability.ExpiryOnly ? null : Durations.Format(backends.Find(backend)?.ExpectedLatency ?? TimeSpan.Zero), DateTimeOffset.FromUnixTimeMilliseconds(diesBy));

    private Task<List<PreviewWorkload>> WorkloadsAsync(SelectorSql sql, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"""
        SELECT w.uri, g.leases FROM (
            SELECT l.workload_id, count(*) AS leases FROM leases l {sql.Joins} WHERE l.state IN (1, 2) AND {sql.Where}
            GROUP BY l.workload_id ORDER BY count(*) DESC LIMIT {MostWorkloads}) g
        JOIN workloads w ON w.id = g.workload_id ORDER BY g.leases DESC, w.uri
        """) { Values = [.. sql.Values] }, row => new PreviewWorkload(row.GetString(0), row.GetInt64(1)), cancel);
}
