using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Incidents;

/// <summary>A bulk revocation in the words of the wire, with how far it has come.</summary>
internal sealed class IncidentViews(IncidentStore incidents)
{
    public async Task<IReadOnlyList<RevocationView>> OfAsync(IEnumerable<Incident> many, CancellationToken cancel)
    {
        var views = new List<RevocationView>();
        foreach (var incident in many) views.Add(await OfAsync(incident, withFailures: false, cancel));
        return views;
    }

    public async Task<RevocationView> OfAsync(Incident incident, bool withFailures, CancellationToken cancel)
    {
        // What is over was counted when it was finished.
        var (remaining, failing, diesBy) = incident.FinishedAt is not null || incident.Taken == 0 ? (0, 0, null) : await incidents.CountRemainingAsync(incident.Id, cancel);
        return new RevocationView
        {
            Id = incident.Id, Selector = incident.Selector, Reason = incident.Reason, State = incident.State, AskedBy = incident.AskedBy, AskedAt = At(incident.AskedAt),
            Previewed = incident.Previewed, Taken = incident.Taken, Ended = incident.Taken - remaining, Remaining = remaining, Failing = failing,
            UsableUntil = diesBy is { } until ? At(until) : null, Failures = withFailures && failing > 0 ? await incidents.ListFailuresAsync(incident.Id, cancel) : null,
            ConfirmToken = incident.State == RevocationView.AwaitingConfirmation ? incident.ConfirmToken : null, ConfirmedBy = incident.ConfirmedBy, Freeze = incident.FreezeId,
            CancelledBy = incident.CancelledBy, FinishedAt = incident.FinishedAt is { } finished ? At(finished) : null,
        };
    }

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
