using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Storage;
using CredentialBroker.Uses;

namespace CredentialBroker.Incidents;

/// <summary>Puts together what can be said of a bulk revocation. Reads only, and reads its leases as they come.</summary>
internal sealed class IncidentReports(Store store, IncidentViews views, UseStore uses, TimeProvider clock)
{
    private const int MostListed = 1000;

    public async Task<IncidentReport> OfAsync(Incident incident, CancellationToken cancel)
    {
        var begun = incident.ConfirmedAt ?? incident.AskedAt;
        var tallies = new Dictionary<(string, Revocability), ReportTally>();
        var (listed, count, first, last) = (new List<ReportLease>(), 0L, long.MaxValue, 0L);
        await store.ReadAsync(Pool.Control, ReportRow.Of(incident.Id, reader =>
        {
            var row = ReportRow.Read(reader);
            if (!tallies.TryGetValue((row.Target, row.Revocability), out var tally)) tallies[(row.Target, row.Revocability)] = tally = new ReportTally(row.Target, row.Revocability, begun);
            tally.Add(row);
            if (count++ < MostListed) listed.Add(row.View);
            if (row.EndedAt is { } ended) (first, last) = (Math.Min(first, ended), Math.Max(last, ended));
        }), cancel);
        var classes = tallies.Values.Select(tally => tally.View()).OrderByDescending(one => one.Leases).ThenBy(one => one.Target, StringComparer.Ordinal).ToList();
        var used = await uses.AfterEndAsync(incident.Id, MostListed, cancel);
        return new IncidentReport
        {
            MadeAt = clock.GetUtcNow(), Revocation = await views.OfAsync(incident, withFailures: true, cancel), Sentence = Sentence(classes),
            Timeline = await TimelineAsync(incident, first, last, used, cancel), Classes = classes, Leases = listed, Omitted = count - listed.Count, UsesAfterEnd = used,
        };
    }

    /// <summary>What is dead, and what remains until when and where.</summary>
    internal static string Sentence(IReadOnlyList<ReportClass> classes)
    {
        if (classes.Count == 0) return "no lease was taken";
        var ended = classes.Sum(one => one.Ended);
        var all = string.Create(CultureInfo.InvariantCulture, $"{ended} of {classes.Sum(one => one.Leases)} leases are ended at their target");
        var standing = classes.Where(one => one.UsableUntil is not null).Select(one => string.Create(
            CultureInfo.InvariantCulture, $"{one.Leases - one.Ended} at {one.Target} may be usable until {one.UsableUntil:yyyy-MM-dd'T'HH:mm:ss'Z'}"));
        return string.Join("; ", standing.Prepend(all));
    }

    private async Task<List<ReportEvent>> TimelineAsync(Incident incident, long first, long last, IReadOnlyList<Protocol.Uses.UseView> used, CancellationToken cancel)
    {
        var events = new List<(long At, string What, string? By)> { (incident.AskedAt, $"revocation of {incident.Selector} asked for: {incident.Reason}", incident.AskedBy) };
        if (incident.ConfirmedAt is { } confirmed) events.Add((confirmed, "confirmed", incident.ConfirmedBy));
        if (incident.CancelledAt is { } cancelled) events.Add((cancelled, "called off; what had been taken ends all the same", incident.CancelledBy));
        if (last > 0)
        {
            events.Add((first, "first lease ended at its target", null));
            events.Add((last, "last lease so far ended at its target", null));
        }

        if (used.Count > 0) events.Add((used[0].At.ToUnixTimeMilliseconds(), "first use after the end that a log tells of", null));
        if (incident.FinishedAt is { } finished) events.Add((finished, "finished", null));
        if (incident.FreezeId is { } freeze) events.AddRange(await FreezeAsync(freeze, cancel));
        return [.. events.OrderBy(one => one.At).Select(one => new ReportEvent(ReportRow.At(one.At), one.What, one.By))];
    }

    private async Task<List<(long At, string What, string? By)>> FreezeAsync(string id, CancellationToken cancel)
    {
        var events = new List<(long, string, string?)>();
        await store.ReadAsync(Pool.Control, new Statement("SELECT set_at, selector, set_by, lifted_at, lifted_by FROM freezes WHERE id = @id")
        {
            Values = [("id", id)],
            Row = row =>
            {
                events.Add((row.GetInt64(0), $"issuing of {row.GetString(1)} stopped", row.GetString(2)));
                if (!row.IsDBNull(3)) events.Add((row.GetInt64(3), "issuing goes on", row.GetString(4)));
            },
        }, cancel);
        return events;
    }
}
