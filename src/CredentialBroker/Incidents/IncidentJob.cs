using CredentialBroker.Audit;
using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Revocation;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using Quartz;

namespace CredentialBroker.Incidents;

/// <summary>
/// Each second, and at once when rung: takes the leases of revocations a stretch at a time, and finishes those whose leases
/// have all ended. Every replica looks; the walk's place guards each stretch, so that none is taken twice.
/// </summary>
internal sealed class IncidentJob(IncidentStore incidents, Preview preview, Journal journal, LocalEnds locals, AuditChain chain, DueSignal due, IncidentLog log, TimeProvider clock) : LocalJob(log.Failed)
{
    public static readonly JobKey Key = new("incidents");

    /// <summary>Leases read at once.</summary>
    private const int Page = 2500;

    public override async Task RunAsync(CancellationToken cancel)
    {
        foreach (var incident in await incidents.ListOpenAsync(cancel))
        {
            if (incident.State == RevocationView.Selecting) await TakeAsync(incident, cancel);
            else if (incident.State is RevocationView.Ending or RevocationView.Cancelled) await FinishAsync(incident, cancel);
        }
    }

    private async Task TakeAsync(Incident incident, CancellationToken cancel)
    {
        if (!ControlStore.TryRead(incident.Selector, out var selector, out _)) throw new FormatException($"the selector of revocation {incident.Id} cannot be read");
        for (var last = false; !last;)
        {
            Milestones.Reach("incident.before");
            var page = await preview.AfterAsync(selector!, incident.Cursor, Page, cancel);
            last = page.Count < Page;
            // A page of none is taken too: it is what says that there are no more.
            for (int at = 0, taken; at == 0 || at < page.Count; at += taken)
            {
                var stretch = page.GetRange(at, taken = Math.Min(locals.Page, page.Count - at));
                var ends = last && at + taken == page.Count;
                if (!await TakeAsync(incident, stretch, atOnce: true, ends) && !await TakeAsync(incident, stretch, atOnce: false, ends)) return;
                Milestones.Reach("incident.after");
                if (taken == 0) break;
                incident = incident with { Cursor = stretch[^1].Id, Taken = incident.Taken + taken };
            }
        }

        await FinishAsync(incident with { State = RevocationView.Ending }, cancel);
    }

    /// <param name="atOnce">Leases that nobody has to be asked about end in this commit. Should one of them have changed meanwhile, nothing is written.</param>
    private async Task<bool> TakeAsync(Incident incident, List<Lease> leases, bool atOnce, bool last)
    {
        var now = clock.NowMs();
        var ending = atOnce ? leases.Where(lease => lease is { State: LeaseState.Active } && lease.EndsAt > now && locals.MayEnd(lease, now)).ToList() : [];
        if (atOnce && ending.Count == 0) return false;
        var refusal = await journal.CommitAsync(Lane.Control,
        [
            .. locals.Works(ending, now, Causes.Incident),
            .. IncidentMoves.Take(incident, [.. leases.Select(lease => lease.Id)], ending.Select(lease => lease.Id).ToHashSet(StringComparer.Ordinal), last, now),
        ]);
        if (ending.Count < leases.Count) due.Ring();
        return refusal is null;
    }

    private async Task FinishAsync(Incident incident, CancellationToken cancel)
    {
        List<string> over;
        do
        {
            over = await incidents.ListOverAsync(incident.Id, Page, cancel);
            if (over.Count > 0) await journal.CommitAsync(Lane.Control, IncidentMoves.Note(incident, over));
        }
        while (over.Count == Page);
        if ((await incidents.CountRemainingAsync(incident.Id, cancel)).Remaining > 0) return;
        var told = AuditEvent.Of(clock, "incident.finished", Streams.Control) with { Subject = incident.Id, Count = incident.Taken, Detail = incident.Selector };
        await journal.CommitAsync(Lane.Control, [.. IncidentMoves.Finish(incident, clock.NowMs()), told.On(chain)]);
    }
}

internal sealed partial class IncidentLog(ILogger<IncidentLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Error, Message = "Bulk revocations did not get on; the next try is in a second")]
    public partial void Failed(Exception error);
}
