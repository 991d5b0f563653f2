using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>
/// Takes what approval sources send. Order: the source, its format and its keys, by the URL alone; media type and size;
/// signature; document; entitlement; then replay, state and effect in one commit with the record and whatever the caller adds.
/// </summary>
internal sealed class ApprovalIntake(
    IReadOnlyDictionary<string, ApprovalSource> sources, IReadOnlyDictionary<string, ISourceFormat> formats, ApprovalEffects effects, ApprovalRecords records, IEnumerable<ISourceGuard> guards,
    ApprovalMetrics metrics, Journal journal, TimeProvider clock)
{
    /// <summary>An approval and its withdrawal may arrive together; each round sees one more of them.</summary>
    private const int Rounds = 4;

    /// <summary>Longest body that the source of this name may send, in bytes.</summary>
    public int BodyBytes(string source) => sources.TryGetValue(source, out var known) ? formats[known.Options.Format].BodyBytes : Limits.BodyBytes;

    /// <param name="source">Name in the URL.</param>
    /// <param name="alongside">Works to commit with the event, such as ends of the leases it is over for.</param>
    public async Task<ApprovalAnswer> AcceptAsync(
        string source, Delivery delivery, Func<ApprovalArrived, IReadOnlyList<Work>> alongside, CancellationToken cancel)
    {
        if (!sources.TryGetValue(source, out var known)) return Unauthentic(null, ReasonCodes.SourceUnknown, "no approval source of this name");
        var format = formats[known.Options.Format];
        if (format.Unfit(delivery) is { } unfit) return Unauthentic(source, unfit.Code, unfit.Detail);
        if (delivery.Body.Length > format.BodyBytes) return Unauthentic(source, ReasonCodes.RequestTooLarge, $"the document is larger than {format.BodyBytes / 1024} KiB");
        return await format.VerifyAsync(known, delivery, cancel) switch
        {
            Verified.Refused { Authentic: false } refused => Unauthentic(source, refused.Code, refused.Detail),
            Verified.Refused refused => await RejectAsync(known, refused.EventId, new Refusal(refused.Code, refused.Detail)),
            Verified.Noted => Accept(new ApprovalArrived(source, "noted", null, null, null)),
            Verified.Prompted prompted => await KeepAsync(known, prompted),
            Verified.As verified => await TakeAsync(known, verified, alongside, [], cancel),
            var other => throw new InvalidOperationException($"no outcome for {other.GetType().Name}"),
        };
    }

    /// <summary>Makes true what a source was proven to say, or refuses it.</summary>
    /// <param name="also">Works that commit with either outcome.</param>
    public async Task<ApprovalAnswer> TakeAsync(
        ApprovalSource source, Verified.As verified, Func<ApprovalArrived, IReadOnlyList<Work>> alongside, IReadOnlyList<Work> also, CancellationToken cancel)
    {
        for (var round = 1; ; round++)
        {
            var (effect, refusal) = await effects.PlanAsync(source, verified, cancel);
            if (effect is not null && (refusal = Refuse(source, verified.Document)) is null)
            {
                refusal = await journal.CommitAsync(effect.Lane, [.. Guards(source, verified.Document), .. effect.Works, .. alongside(effect.Arrived), .. also]);
                if (refusal is null) return Accept(effect.Arrived);
                if (refusal.Code == ReasonCodes.FactsChanged && round < Rounds) continue;
            }

            return await RejectAsync(source, verified.Events[0], refusal!, [.. also]);
        }
    }

    /// <summary>The source is who it says and was refused: that is recorded before it is told.</summary>
    public async Task<ApprovalAnswer> RejectAsync(ApprovalSource source, string? eventId, Refusal refusal, params IReadOnlyList<Work> also)
    {
        metrics.Refused(source.Name, refusal.Code);
        await journal.CommitAsync(Lane.Issuing, [records.Rejected(source, eventId, refusal), .. also]);
        return new ApprovalAnswer.Refused(refusal.Code, refusal.Detail, Statuses.Of(refusal.Code));
    }

    /// <summary>A prompt that came to nothing needs no record.</summary>
    public Task SettleAsync(Work settled) => journal.CommitAsync(Lane.Issuing, settled);

    /// <summary>Told to have been accepted once it cannot be lost any more.</summary>
    private async Task<ApprovalAnswer> KeepAsync(ApprovalSource source, Verified.Prompted prompted)
    {
        var refusal = await journal.CommitAsync(Lane.Issuing,
        [
            .. prompted.Events.Select(e => new EventOnce(source.Name, e, prompted.KeepUntil)),
            .. prompted.Prompts.Select(p => PromptStore.Keep(Ids.New(clock), source.Name, p, clock.NowMs())),
            records.Prompted(source, prompted),
        ]);
        return refusal is null
            ? Accept(new ApprovalArrived(source.Name, "prompted", null, null, null))
            : await RejectAsync(source, prompted.Events[0], refusal);
    }

    private Refusal? Refuse(ApprovalSource source, ApprovalDocument document) =>
        document is ApprovalDocument.Approved approved ? guards.Select(guard => guard.Refuse(source, approved)).FirstOrDefault(refusal => refusal is not null) : null;

    private IEnumerable<Work> Guards(ApprovalSource source, ApprovalDocument document) =>
        document is ApprovalDocument.Approved ? guards.SelectMany(guard => guard.Works(source)) : [];

    private ApprovalAnswer.Accepted Accept(ApprovalArrived arrived)
    {
        metrics.Accepted(arrived.Source, arrived.Effect);
        return new ApprovalAnswer.Accepted(arrived.ApprovalId, arrived.Effect, arrived.Reference, arrived.Task);
    }

    private ApprovalAnswer.Refused Unauthentic(string? source, string code, string detail)
    {
        metrics.Refused(source, code);
        return new ApprovalAnswer.Refused(code, detail, Statuses.Of(code));
    }
}
