using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Audit;
using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Incidents;

/// <summary>What responders do: ask for a bulk revocation, confirm another's, call one off.</summary>
internal sealed class Responses(IncidentStore incidents, Preview preview, ControlStore controls, Journal journal, AuditChain chain, IncidentOptions options, IncidentSignal signal, TimeProvider clock)
{
    /// <param name="selector">Narrowed to what the operator reaches.</param>
    public async Task<Outcome> OpenAsync(RevocationRequest request, Selector selector, string text, string key, Operator caller, CancellationToken cancel)
    {
        var hash = HashOf(text, request.Reason, request.Freeze);
        if (await incidents.FindRequestAsync(caller.Name, key, cancel) is var (known, before))
            return before == hash ? new Outcome.Is(known, Replayed: true) : new Outcome.Refused(ReasonCodes.IdempotencyMismatch, "this key was used for another revocation");

        var count = (await preview.OfAsync(text, selector, cancel)).Leases;
        // In one commit, so that nothing is issued between what is stopped and what is ended. A freeze never needs a second person.
        var (freeze, stopping) = request.Freeze ? controls.Freezing(text, request.Reason, caller.Name, expiresAt: null) : (null, []);
        var incident = New(text, request.Reason, caller.Name, count, freeze?.Id);
        var refusal = await journal.CommitAsync(Lane.Control,
        [
            IncidentMoves.Unasked(caller.Name, key), .. stopping, IncidentMoves.Open(incident, key, hash), .. SecondPerson.Remember(caller),
            Told("incident.opened", incident, caller.Name, $"{text}: {request.Reason}", count),
        ]);
        if (refusal is not null) return new Outcome.Refused(refusal.Code, refusal.Detail);
        signal.Ring();
        return new Outcome.Is(incident, Replayed: false);
    }

    /// <summary>A revocation that a rule asks for and no person, as work of a unit that does more. Above the same size a person confirms it.</summary>
    /// <param name="by">Actor of the record.</param>
    /// <param name="key">Name of what gave reason to: under it the revocation is opened once.</param>
    public (Incident Incident, IReadOnlyList<Work> Works) Opening(string text, string reason, string by, string key, long count)
    {
        var incident = New(text, reason, by, count, null);
        return (incident, [IncidentMoves.Unasked(by, key), IncidentMoves.Open(incident, key, HashOf(text, reason, false)), Told("incident.opened", incident, by, $"{text}: {reason}", count)]);
    }

    /// <summary>The second person's yes, to the revocation that was looked at.</summary>
    public async Task<Outcome> ConfirmAsync(Incident incident, string token, Operator caller, SecondPerson persons, CancellationToken cancel)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(incident.ConfirmToken)))
            return new Outcome.Refused(ReasonCodes.Invalid, "the token is not that of this revocation; look at it again");
        if (await persons.RefuseAsync(incident.AskedBy, caller, cancel) is { } self) return new Outcome.Refused(self.Code, self.Detail);
        return await MoveAsync(incident, [.. IncidentMoves.Confirm(incident, caller.Name, clock.NowMs()), Told("incident.confirmed", incident, caller.Name, null, incident.Previewed)], cancel);
    }

    public Task<Outcome> CancelAsync(Incident incident, Operator caller, CancellationToken cancel) => incident.State is RevocationView.AwaitingConfirmation or RevocationView.Selecting
        ? MoveAsync(incident, [.. IncidentMoves.Cancel(incident, caller.Name, clock.NowMs()), Told("incident.cancelled", incident, caller.Name, null, incident.Taken)], cancel)
        : Task.FromResult<Outcome>(new Outcome.Refused(ReasonCodes.RevocationOver, $"it is {incident.State}: there is nothing left that was not begun"));

    private async Task<Outcome> MoveAsync(Incident incident, IReadOnlyList<Work> works, CancellationToken cancel)
    {
        if (await journal.CommitAsync(Lane.Control, works) is { } refusal) return new Outcome.Refused(refusal.Code, refusal.Detail);
        signal.Ring();
        return new Outcome.Is((await incidents.FindAsync(incident.Id, cancel))!, Replayed: false);
    }

    private Incident New(string text, string reason, string by, long count, string? freeze) => new(
        Ids.New(clock), text, reason, by, clock.NowMs(), count > options.ConfirmAbove ? RevocationView.AwaitingConfirmation : RevocationView.Selecting, count, null, freeze, "", 0, null, null);

    private static string HashOf(string text, string reason, bool freeze) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{text}\n{reason}\n{freeze}")));

    private Work Told(string type, Incident incident, string by, string? detail, long count) => (AuditEvent.Of(clock, type, Streams.Control) with
    {
        Actor = by, Subject = incident.Id, Detail = detail, Count = count,
    }).On(chain);

    internal abstract record Outcome
    {
        private Outcome() { }

        internal sealed record Is(Incident Incident, bool Replayed) : Outcome;

        internal sealed record Refused(string Code, string Detail) : Outcome;
    }
}
