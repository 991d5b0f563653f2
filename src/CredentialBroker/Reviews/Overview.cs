using CredentialBroker.Leases;
using CredentialBroker.Protocol.Overview;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;

namespace CredentialBroker.Reviews;

/// <summary>
/// How things stand, counted from the leases themselves. Whoever sees everything shares one count, which is made at most every
/// few seconds however many look; a narrowed operator's is made for them.
/// </summary>
internal sealed class Overview(Store store, TimeProvider clock) : IDisposable
{
    private const long Minute = 60_000, Step = 5 * Minute;
    private const int Minutes = 60, Steps = 12;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);
    private static readonly Selector Everything = new([]);

    private readonly SemaphoreSlim _counting = new(1);
    private OverviewView? _last;

    /// <param name="within">Selectors of which one must match; null where everything may be seen.</param>
    public async Task<OverviewView> OfAsync(IReadOnlyList<Selector>? within, CancellationToken cancel)
    {
        if (within is not null) return await CountAsync(within, cancel);
        await _counting.WaitAsync(cancel);
        try
        {
            return _last is { } last && clock.GetUtcNow() - last.At < Fresh ? last : _last = await CountAsync(null, cancel);
        }
        finally
        {
            _counting.Release();
        }
    }

    public void Dispose() => _counting.Dispose();

    private async Task<OverviewView> CountAsync(IReadOnlyList<Selector>? within, CancellationToken cancel)
    {
        var (now, sql) = (clock.NowMs(), new SelectorSql(Everything, within));
        var rows = await store.ListAsync(Pool.Control, new Statement(
            $"""
            SELECT g.backend, g.template, g.environment, g.state, g.step, v.tier, g.leases FROM (
                SELECT l.backend, l.template, l.environment, l.state, l.template_revision, count(*) AS leases,
                    CASE WHEN l.ends_at <= @now THEN -1 WHEN l.ends_at >= @late THEN {Steps} ELSE (l.ends_at - @now) / {Step} END AS step
                FROM leases l {sql.Joins} WHERE {sql.Where} GROUP BY l.backend, l.template, l.environment, l.state, l.template_revision, 7) g
            LEFT JOIN template_revisions v ON v.revision = g.template_revision
            """) { Values = [("now", now), ("late", now + (Steps * Step)), .. sql.Values] }, Read, cancel);
        var live = rows.GroupBy(row => (row.Backend, row.Template, row.Environment, row.State, row.Tier))
            .Select(group => new LiveGroup(group.Key.Backend, group.Key.Template, group.Key.Environment, group.Key.State.ToString().ToLowerInvariant(), group.Sum(row => row.Leases), group.Key.Tier))
            .OrderByDescending(group => group.Leases).ThenBy(group => group.Template, StringComparer.Ordinal).ToList();
        var steps = rows.GroupBy(row => row.Step).ToDictionary(group => group.Key, group => group.Sum(row => row.Leases));
        return new OverviewView(At(now), live, await MinutesAsync(now, sql, cancel), [.. Enumerable.Range(-1, Steps + 2).Select(step => new ExpiryView(
            steps.GetValueOrDefault(step), step < 0 ? null : At(now + (step * Step)), step == Steps ? null : At(now + ((step + 1) * Step))))]);
    }

    private async Task<IReadOnlyList<MinuteView>> MinutesAsync(long now, SelectorSql sql, CancellationToken cancel)
    {
        var from = (now / Minute * Minute) - (Minutes * Minute);
        // Ids grow with time, so that both tables are read from where the hour begins.
        var opened = $"SELECT l.created_at AS at FROM {{0}} l {sql.Joins} WHERE l.id >= @first AND {sql.Where}";
        var issued = await PerMinuteAsync($"{string.Format(null, opened, "leases")} UNION ALL {string.Format(null, opened, "ended_leases")}", from, sql, cancel);
        var ended = await PerMinuteAsync($"SELECT l.ended_at AS at FROM ended_leases l {sql.Joins} WHERE l.ended_at >= @from AND {sql.Where}", from, sql, cancel);
        return [.. Enumerable.Range(0, Minutes).Select(minute => new MinuteView(At(from + (minute * Minute)), issued.GetValueOrDefault(minute), ended.GetValueOrDefault(minute)))];
    }

    private async Task<Dictionary<long, long>> PerMinuteAsync(string times, long from, SelectorSql sql, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT (t.at - @from) / {Minute}, count(*) FROM ({times}) t WHERE t.at >= @from AND @first <> '' GROUP BY 1")
    {
        Values = [("from", from), ("first", Protocol.Ids.FirstOf(from)), .. sql.Values],
    }, row => (row.GetInt64(0), row.GetInt64(1)), cancel)).ToDictionary();

    private static Row Read(System.Data.Common.DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), (LeaseState)row.GetInt64(3), row.GetInt64(4), row.IsDBNull(5) ? null : row.GetString(5), row.GetInt64(6));

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private sealed record Row(string Backend, string Template, string Environment, LeaseState State, long Step, string? Tier, long Leases);
}
