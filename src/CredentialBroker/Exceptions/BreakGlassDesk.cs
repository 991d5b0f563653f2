using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Hosting;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;

namespace CredentialBroker.Exceptions;

/// <summary>
/// Break-glass: a person vouches for one instance, at once and alone. It makes an approval and nothing else, so that the
/// credential goes through the main flow like any other; another person reviews it within a day, or its template is locked.
/// </summary>
internal sealed class BreakGlassDesk(
    ExceptionStore records, ExceptionEvents events, SecondPerson persons, TemplateStore templates, ApprovalStore approvals, ExceptionOptions options, Journal journal, DueSignal due,
    ExceptionMetrics metrics, ExceptionLog log, TimeProvider clock)
{
    private static readonly long ClaimWindow = (long)TimeSpan.FromMinutes(15).TotalMilliseconds;

    public async Task<DeskAnswer> OpenAsync(BreakGlassRequest request, Operator caller, CancellationToken cancel)
    {
        if (SecondPerson.RefuseNobody(caller) is { } nobody) return new DeskAnswer.Refused(nobody.Code, nobody.Detail);
        var mistakes = Mistakes(request).ToList();
        if (mistakes.Count > 0) return new DeskAnswer.Refused(ReasonCodes.Invalid, "nothing was opened", mistakes);
        if ((await templates.ReadAsync(cancel)).Find(request.Template) is not { } template) return new DeskAnswer.Refused(ReasonCodes.TemplateUnknown, "no such template is active");
        if (!options.BreakGlass.Templates.Contains(template.Name, StringComparer.Ordinal))
        {
            return new DeskAnswer.Refused(ReasonCodes.BreakGlassLocked, "this template is none of Exceptions:BreakGlass:Templates");
        }

        var now = clock.NowMs();
        var (record, approval) = Make(request, template, caller, now);
        Work[] works =
        [
            ExceptionMoves.NotLocked(template.Name, JsonSerializer.Serialize(record.Templates, RecordJson.Default.IReadOnlyListString), options.BreakGlass.ReviewWithin, now),
            new ApprovalArrival(approval),
            ExceptionRows.Insert(record),
            .. SecondPerson.Remember(caller),
            events.Told(record, "opened", caller.Name, $"{request.Workload} {request.Instance}: {request.Reason}"),
        ];
        if (await journal.CommitAsync(Lane.Control, works) is { } refusal) return new DeskAnswer.Refused(refusal.Code, refusal.Detail);
        metrics.BreakGlass("opened");
        log.Opened(record.Id, caller.Name, template.Name);
        return new DeskAnswer.Done(record);
    }

    public async Task<DeskAnswer> ReviewAsync(string id, ReviewRequest review, Operator caller, CancellationToken cancel)
    {
        if (!ExceptionDraft.IsLine(review.Note, 512)) return new DeskAnswer.Refused(ReasonCodes.Invalid, "note: say what was found in 1 to 512 characters");
        if (await records.GetAsync(RecordKind.BreakGlass, id, cancel) is not { } record) return ExceptionDesk.Unknown(RecordKind.BreakGlass, id);
        if (await persons.RefuseAsync(record.RequestedBy, caller, cancel) is { } self) return new DeskAnswer.Refused(self.Code, self.Detail);
        var found = $"{(review.Justified ? "justified" : "not justified")}: {review.Note}";
        return await MoveAsync(record, [.. ExceptionMoves.Review(record, caller.Name, found, clock.NowMs()), events.Told(record, "reviewed", caller.Name, found)], "reviewed", cancel);
    }

    /// <summary>Closes it before its time: the approval is withdrawn and its leases end. The review is due all the same.</summary>
    public async Task<DeskAnswer> EndAsync(string id, Operator caller, string? reason, CancellationToken cancel)
    {
        if (await records.GetAsync(RecordKind.BreakGlass, id, cancel) is not { } record) return ExceptionDesk.Unknown(RecordKind.BreakGlass, id);
        if (record.State != RecordState.Approved) return new DeskAnswer.Done(record);
        var now = clock.NowMs();
        List<Work> works = [.. ExceptionMoves.End(record, caller.Name, now), LeaseStore.EndAllOf("approval_id", record.ApprovalId!, now, Causes.ApprovalWithdrawn), events.Told(record, "ended", caller.Name, reason)];
        if (await approvals.GetAsync(record.ApprovalId!, cancel) is { State: ApprovalState.Confirmed or ApprovalState.Bound } approval)
        {
            works.Insert(0, new ApprovalStop(approval with { State = ApprovalState.Withdrawn }, approval.Id));
        }

        return await MoveAsync(record, works, "ended", cancel);
    }

    private async Task<DeskAnswer> MoveAsync(ExceptionRecord record, IReadOnlyList<Work> works, string what, CancellationToken cancel)
    {
        if (await journal.CommitAsync(Lane.Control, works) is { } refusal) return new DeskAnswer.Refused(refusal.Code, refusal.Detail);
        metrics.BreakGlass(what);
        due.Ring();
        return new DeskAnswer.Done((await records.GetAsync(RecordKind.BreakGlass, record.Id, cancel))!);
    }

    private IEnumerable<string> Mistakes(BreakGlassRequest request)
    {
        if (!ExceptionDraft.IsLine(request.Workload, 512)) yield return "workload: name the workload's URI";
        if (!ExceptionDraft.IsLine(request.Instance, 256)) yield return "instance: name the one running instance";
        if (!ExceptionDraft.IsLine(request.Reason, 512)) yield return "reason: say why in 1 to 512 characters";
        if (request.Ticket is not null && !ExceptionDraft.IsLine(request.Ticket, 128)) yield return "ticket: 1 to 128 characters";
        if (request.For is not null && (!Durations.TryParse(request.For, out var length) || length < TimeSpan.FromSeconds(1) || length > options.BreakGlass.MaxValidity))
        {
            yield return $"for: a duration from 1s to {Durations.Format(options.BreakGlass.MaxValidity)}";
        }
    }

    private (ExceptionRecord Record, Approval Approval) Make(BreakGlassRequest request, CompiledTemplate template, Operator caller, long now)
    {
        var length = (long)(request.For is null ? options.BreakGlass.MaxValidity : Durations.Parse(request.For)).TotalMilliseconds;
        var (id, approvalId) = (Ids.New(clock), Ids.New(clock));
        var record = new ExceptionRecord
        {
            Id = id,
            Kind = RecordKind.BreakGlass,
            State = RecordState.Approved,
            Name = "",
            Templates = [template.Name],
            Owners = template.Owners,
            Reason = request.Reason,
            Ticket = request.Ticket ?? "",
            RequestedBy = caller.Name,
            RequestedAt = now,
            Length = length,
            StartsAt = now,
            EndsAt = now + length,
            ApprovalId = approvalId,
        };
        return (record, new Approval
        {
            Id = approvalId,
            Source = OwnSources.BreakGlass,
            Reference = id,
            State = ApprovalState.Confirmed,
            Environment = template.Environment,
            Templates = [template.Name],
            WorkloadUri = request.Workload,
            Instance = request.Instance,
            Binding = Binding.Exact,
            Facts = new Dictionary<string, string>(),
            Tier = template.Tier,
            Requester = caller.Name,
            ReceivedAt = now,
            ClaimBy = now + Math.Min(length, ClaimWindow),
            ValidUntil = now + length,
            MaxUses = 1,
            Uses = 0,
        });
    }
}
