using CredentialBroker.Audit;
using CredentialBroker.Incidents;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Alarms;

/// <summary>What was exposed, in one of three ways, and where it was seen.</summary>
/// <param name="Within">What the one who reports it reaches.</param>
internal sealed record Report(string? Lease, FoundSecret? Secret, Selector? About, string Reason, string? FoundIn, string By, Selector Within);

/// <summary>
/// Takes reports of exposed credentials (R70): finds the leases they are of, and revokes them as an incident in the commit that
/// records the report. Their workloads are told as of any revocation, and claim anew while their approval stands.
/// </summary>
internal sealed class ExposureDesk(
    LeaseStore leases, ExposureStore exposures, Responses responses, Fingerprints fingerprints, BrokerIdentity broker, Journal journal, AuditChain chain, IncidentSignal incidents, ExposureMetrics metrics, TimeProvider clock)
{
    /// <summary>A text with more of ours in it is a dump of many, for which there are selectors.</summary>
    private const int MostLeases = 64;

    /// <param name="alongside">Works that commit with it.</param>
    public async Task<(Exposure? Exposure, Refusal? Refusal)> TakeAsync(Report report, IReadOnlyList<Work> alongside, CancellationToken cancel)
    {
        var (how, about) = await AboutAsync(report, cancel);
        // Nothing beyond what the reporter reaches is touched, and nothing of it is told.
        if (about is not null && (about = about.And(report.Within)).MatchesNothing) about = null;
        var (live, ending) = about is null ? (0, 0) : await leases.CountAsync(about, cancel);
        var known = about is not null && (how == "selector" || live + ending > 0 || await WereAsync(about, cancel));
        var now = clock.NowMs();
        var id = Ids.New(clock);
        var (incident, revoking) = live + ending == 0 ? (null, []) : responses.Opening(about!.ToString(), $"exposed: {report.Reason}", report.By, $"exposure:{id}", live);
        var exposure = new Exposure(id, how, about?.ToString(), report.FoundIn, report.Reason, report.By, now, known, live + ending, incident?.Id, known && incident is null ? now : null);
        List<Work> works =
        [
            .. alongside, ExposureStore.Keep(exposure), .. revoking,
            Told("exposure.reported", exposure, exposure.Leases, known ? $"{how} {exposure.About}: {report.Reason}" : $"{how}, of no lease that is known: {report.Reason}"),
        ];
        if (await journal.CommitAsync(Lane.Control, works) is { } refusal) return (null, refusal);
        metrics.Reported(how, known);
        incidents.Ring();
        return (exposure, null);
    }

    /// <summary>Notes what is dead, and tells of what takes too long.</summary>
    public async Task FollowAsync(TimeSpan within, CancellationToken cancel)
    {
        foreach (var (exposure, at) in await exposures.ListDeadAsync(cancel))
        {
            var took = Math.Max(0, at - exposure.ReportedAt);
            if (await journal.CommitAsync(Lane.Control, [.. ExposureStore.Dead(exposure, at), Told("exposure.dead", exposure, took, exposure.IncidentId)]) is null) metrics.Dead(took);
        }

        var now = clock.NowMs();
        foreach (var exposure in await exposures.ListOverdueAsync(now - (long)within.TotalMilliseconds, cancel))
        {
            if (await journal.CommitAsync(Lane.Control, [.. ExposureStore.Flag(exposure, now), Told("exposure.overdue", exposure, exposure.Leases, exposure.IncidentId)]) is null) metrics.Overdue(exposure.Id);
        }
    }

    private async Task<(string How, Selector? About)> AboutAsync(Report report, CancellationToken cancel)
    {
        if (report.About is { } about) return ("selector", about);
        if (report.Lease is { } lease) return ("lease", new Selector([AboutThing.Is("lease", lease)]));
        var found = (await leases.FindPrintsAsync(report.Secret!.Prints(fingerprints), cancel)).Concat(report.Secret.Leases(broker)).Distinct(StringComparer.Ordinal).Take(MostLeases).ToList();
        return ("secret", found.Count == 0 ? null : new Selector([found is [var one] ? AboutThing.Is("lease", one) : new Term("lease", Comparison.In, found, 0)]));
    }

    private async Task<bool> WereAsync(Selector about, CancellationToken cancel) => (await leases.ListAsync(about, ended: true, null, 1, cancel)).Count > 0;

    private Work Told(string type, Exposure exposure, long count, string? detail) => (AuditEvent.Of(clock, type, Streams.Control) with
    {
        Actor = exposure.ReportedBy, Subject = exposure.Id, Cause = exposure.How, Count = count, Detail = detail,
    }).On(chain);
}
