using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;

namespace CredentialBroker.Exceptions;

/// <summary>What became of a request about a record.</summary>
internal abstract record DeskAnswer
{
    private DeskAnswer() { }

    internal sealed record Done(ExceptionRecord Record) : DeskAnswer;

    internal sealed record Refused(string Code, string Detail, IReadOnlyList<string>? Mistakes = null) : DeskAnswer;
}

/// <summary>
/// Where exceptions and risk acceptances are asked for, approved by another person, and ended. Whatever begins or ends
/// one bumps the control epoch, so that no grant decided before it is committed after it.
/// </summary>
internal sealed class ExceptionDesk(
    ExceptionStore records, ExceptionEvents events, SecondPerson persons, TemplateStore templates, TemplateLimits limits, ExceptionOptions options, Journal journal, DueSignal due, TimeProvider clock)
{
    public async Task<DeskAnswer> RequestAsync(ExceptionDraft draft, Operator caller, CancellationToken cancel)
    {
        var longest = draft.Kind == RecordKind.Exception ? options.MaxWindow : options.MaxRiskAcceptance;
        var mistakes = draft.Mistakes(await templates.ReadAsync(cancel), longest, limits.Ttl, clock.GetUtcNow()).ToList();
        if (mistakes.Count > 0) return new DeskAnswer.Refused(ReasonCodes.Invalid, "nothing was recorded", mistakes);
        var record = new ExceptionRecord
        {
            Id = Ids.New(clock),
            Kind = draft.Kind,
            State = RecordState.Requested,
            Name = draft.Name,
            Templates = draft.Templates,
            SelectorText = draft.Selector,
            Terms = draft.Terms,
            Owners = draft.Owners,
            Reason = draft.Reason,
            Ticket = draft.Ticket,
            RequestedBy = caller.Name,
            RequestedAt = clock.NowMs(),
            Length = draft.Length,
            StartsAt = draft.From?.ToUnixTimeMilliseconds(),
        };
        await journal.CommitAsync(Lane.Control, [ExceptionRows.Insert(record), .. SecondPerson.Remember(caller), events.Told(record, "requested", caller.Name)]);
        return new DeskAnswer.Done(record);
    }

    public async Task<DeskAnswer> ApproveAsync(RecordKind kind, string id, Operator caller, CancellationToken cancel)
    {
        if (await records.GetAsync(kind, id, cancel) is not { } record) return Unknown(kind, id);
        if (await persons.RefuseAsync(record.RequestedBy, caller, cancel) is { } refusal)
        {
            // An attempt to be one's own second person is told, and changes nothing: another may still approve.
            await journal.CommitAsync(Lane.Control, events.Told(record, "refused", caller.Name, cause: refusal.Code));
            return new DeskAnswer.Refused(refusal.Code, refusal.Detail);
        }

        var now = clock.NowMs();
        // A begin that passed while it waited is no reason for a longer window: it ends when it was to end.
        var startsAt = record.StartsAt ?? now;
        if (startsAt + record.Length <= now) return new DeskAnswer.Refused(ReasonCodes.ExceptionOver, "its window is over already; ask for a new one");
        return await MoveAsync(record, [new EpochBump(), .. ExceptionMoves.Approve(record, caller.Name, now, startsAt), events.Told(record, "approved", caller.Name)], cancel);
    }

    /// <summary>Ends an approved record before its time, or refuses a request. Doing it twice is harmless.</summary>
    public async Task<DeskAnswer> EndAsync(RecordKind kind, string id, Operator caller, string? reason, CancellationToken cancel)
    {
        if (await records.GetAsync(kind, id, cancel) is not { } record) return Unknown(kind, id);
        if (record.State is RecordState.Refused or RecordState.Ended) return new DeskAnswer.Done(record);
        var now = clock.NowMs();
        return await MoveAsync(record,
        [
            new EpochBump(), .. ExceptionMoves.End(record, caller.Name, now), LeaseMarks.EndAllUnder(record.Id, now),
            events.Told(record, record.State == RecordState.Requested ? "refused" : "ended", caller.Name, reason),
        ], cancel);
    }

    private async Task<DeskAnswer> MoveAsync(ExceptionRecord record, IReadOnlyList<Work> works, CancellationToken cancel)
    {
        if (await journal.CommitAsync(Lane.Control, works) is { } refusal) return new DeskAnswer.Refused(refusal.Code, refusal.Detail);
        due.Ring();
        return new DeskAnswer.Done((await records.GetAsync(record.Kind, record.Id, cancel))!);
    }

    public static DeskAnswer.Refused Unknown(RecordKind kind, string id) =>
        new(ReasonCodes.NotFound, $"no {RecordWords.Of(kind).Noun} '{(Ids.IsWellFormed(id) ? id : "of this form")}'");
}
