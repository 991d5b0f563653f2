using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosts;

/// <summary>What is known of container hosts, and who was seen at their engines.</summary>
internal sealed class HostStore(Store store)
{
    private const int MostUses = 500;

    private static readonly RowShape Uses = new("u",
        ("caller", ColumnType.Text), ("uri", ColumnType.Text), ("class", ColumnType.Text), ("request", ColumnType.Text), ("times", ColumnType.Number), ("last_at", ColumnType.Number));

    public async Task<HostRow?> FindAsync(string source, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT {HostRow.Columns} FROM hosts WHERE source = @source") { Values = [("source", source)] }, HostRow.Read, cancel)).SingleOrDefault();

    public Task<List<HostRow>> ListAsync(CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement($"SELECT {HostRow.Columns} FROM hosts ORDER BY source"), HostRow.Read, cancel);

    /// <summary>Last use first.</summary>
    public Task<List<EngineUse>> UsesAsync(string source, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT caller, uri, class, request, times, last_at FROM host_uses WHERE source = @source ORDER BY last_at DESC LIMIT {MostUses}") { Values = [("source", source)] },
        row => new EngineUse(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5))), cancel);

    public async Task<bool> IsKnownAsync(string source, string report, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        "SELECT id FROM host_reports WHERE source = @source AND id = @id") { Values = [("source", source), ("id", report)] }, row => row.GetString(0), cancel)).Count > 0;

    /// <summary>Takes a report once: of two at the same moment the second is refused.</summary>
    public static IEnumerable<Work> Take(string source, HostReport report, long now)
    {
        yield return new RowGuard($"host report:{source}/{report.Id}", new Statement("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM host_reports WHERE source = @source AND id = @id)")
        {
            Values = [("source", source), ("id", report.Id)],
        }, new Refusal(ReasonCodes.ApprovalReplayed, "this report was received before"));
        yield return new PlainWrite("INSERT INTO host_reports (source, id, heard_at) VALUES (@source, @id, @now)", ("source", source), ("id", report.Id), ("now", now));
        if (report.Uses.Count == 0) yield break;
        yield return new PlainWrite(new Statement(
            $"""
            INSERT INTO host_uses (source, caller, uri, class, request, times, first_at, last_at)
            SELECT @source, u.caller, u.uri, u.class, u.request, u.times, u.last_at, u.last_at FROM {Uses.From} WHERE 1 = 1
            ON CONFLICT (source, caller, uri, class, request) DO UPDATE SET times = host_uses.times + excluded.times, last_at = CASE WHEN excluded.last_at > host_uses.last_at THEN excluded.last_at ELSE host_uses.last_at END
            """)
        {
            Shape = Uses,
            Rows = [.. report.Uses.DistinctBy(use => (use.Caller, use.Uri, use.Group, use.Request)).Select(use => new object?[] { use.Caller, use.Uri, use.Group, use.Request, use.Count, Math.Min(use.Last.ToUnixTimeMilliseconds(), now) })],
            Values = [("source", source)],
        })
        {
            LockNames = [$"host uses:{source}"],
        };
    }

    /// <summary>How its engine stands, as heard now.</summary>
    public static Work Hear(string source, EngineStanding engine, long now) => new PlainWrite(
        """
        INSERT INTO hosts (source, heard_at, trust, version, reason, exception, until) VALUES (@source, @now, @trust, @version, @reason, @exception, @until)
        ON CONFLICT (source) DO UPDATE SET heard_at = excluded.heard_at, trust = excluded.trust, version = excluded.version, reason = excluded.reason, exception = excluded.exception, until = excluded.until
        """,
        ("source", source), ("now", now), ("trust", engine.Trust), ("version", engine.Version), ("reason", engine.Reason), ("exception", engine.Exception), ("until", engine.Until?.ToUnixTimeMilliseconds()))
    {
        LockNames = [HostGuard.Heard(source), HostGuard.Trusted(source)],
    };

    /// <summary>Forgets the names of reports that nobody will send again.</summary>
    public static Work ForgetReports(string source, long before) => new PlainWrite("DELETE FROM host_reports WHERE source = @source AND heard_at < @before", ("source", source), ("before", before));
}
