using CredentialBroker.Audit;
using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using Quartz;

namespace CredentialBroker.Incidents;

/// <summary>
/// Each second, and at once when rung: takes the leases of revocations a stretch at a time, and finishes those whose leases
/// have all ended. Every replica looks; the walk's place guards each stretch, so that none is taken twice.
/// </summary>
internal sealed class IncidentJob(IncidentStore incidents, Preview preview, Journal journal, AuditChain chain, DueSignal due, IncidentLog log, TimeProvider clock) : LocalJob(log.Failed)
{
    public static readonly JobKey Key = new("incidents");

    /// <summary>Leases in one commit.</summary>
    private const int Stretch = 1000;

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
            var leases = await preview.AfterAsync(selector!, incident.Cursor, Stretch, cancel);
            last = leases.Count < Stretch;
            if (await journal.CommitAsync(Lane.Control, [.. IncidentMoves.Take(incident, leases, last, clock.NowMs())]) is not null) return;
            Milestones.Reach("incident.after");
            due.Ring();
            if (leases.Count > 0) incident = incident with { Cursor = leases[^1], Taken = incident.Taken + leases.Count };
        }
    }

    private async Task FinishAsync(Incident incident, CancellationToken cancel)
    {
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
