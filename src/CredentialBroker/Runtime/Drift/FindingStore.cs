using CredentialBroker.Audit;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Findings;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime.Drift;

/// <summary>What is not as it should be. The same thing found again is one finding; what is not found any more is resolved.</summary>
internal sealed class FindingStore(Store store, Journal journal, AuditChain chain, FindingMetrics metrics, TimeProvider clock)
{
    private const int Most = 1000;

    public async Task<IReadOnlyList<FindingView>> ListAsync(bool resolved, CancellationToken cancel) => await store.ListAsync(Pool.Control, new Statement(
        $"SELECT id, kind, subject, detail, found_at, resolved_at FROM findings WHERE {(resolved ? "1 = 1" : "resolved_at IS NULL")} ORDER BY id DESC LIMIT {Most}"),
        row => new FindingView(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), At(row.GetInt64(4)), row.IsDBNull(5) ? null : At(row.GetInt64(5))), cancel);

    /// <summary>Writes what one look at a subject showed, and tells what is new.</summary>
    public async Task RecordAsync(string subject, IReadOnlyList<Finding> seen, CancellationToken cancel)
    {
        var open = (await ListAsync(resolved: false, cancel)).Where(one => one.Subject == subject).ToList();
        var now = clock.NowMs();
        var fresh = seen.Where(finding => !open.Exists(one => one.Kind == finding.Kind && one.Detail == finding.Detail)).DistinctBy(finding => (finding.Kind, finding.Detail)).ToList();
        var gone = open.Where(one => !seen.Any(finding => finding.Kind == one.Kind && finding.Detail == one.Detail));
        List<Work> works = [.. fresh.SelectMany(finding => New(subject, finding, now)), .. gone.Select(one => Resolve(one.Id, now))];
        if (works.Count > 0) await journal.CommitAsync(Lane.Control, works);
        foreach (var finding in fresh) metrics.Found(finding.Kind);
    }

    private IEnumerable<Work> New(string subject, Finding finding, long now)
    {
        yield return new PlainWrite(
            "INSERT INTO findings (id, kind, subject, detail, found_at, resolved_at) VALUES (@id, @kind, @subject, @detail, @now, @over) ON CONFLICT DO NOTHING",
            ("id", Ids.New(clock)), ("kind", finding.Kind), ("subject", subject), ("detail", finding.Detail), ("now", now), ("over", finding.Over ? now : null));
        yield return (AuditEvent.Of(clock, "drift.detected", Streams.Control) with
        {
            Lease = finding.Lease, Cause = finding.Kind, Subject = subject, Detail = finding.Detail,
        }).On(chain);
    }

    private static PlainWrite Resolve(string id, long now) => new("UPDATE findings SET resolved_at = @now WHERE id = @id AND resolved_at IS NULL", ("id", id), ("now", now));

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
