using CredentialBroker.Approvals.Jws;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>
/// Takes what approval sources send. Order: the source and its keys, by the URL alone; size; signature; document;
/// entitlement; then replay, state and effect in one commit with the record and whatever the caller adds.
/// </summary>
internal sealed class ApprovalIntake(
    IReadOnlyDictionary<string, ApprovalSource> sources, Verify verify, ApprovalEffects effects, ApprovalRecords records, ApprovalMetrics metrics, Journal journal)
{
    /// <summary>An approval and its withdrawal may arrive together; each round sees one more of them.</summary>
    private const int Rounds = 4;

    /// <param name="source">Name in the URL.</param>
    /// <param name="alongside">Works to commit with the event, such as ends of the leases it is over for.</param>
    public async Task<ApprovalAnswer> AcceptAsync(
        string source, ReadOnlyMemory<byte> body, Func<ApprovalArrived, IReadOnlyList<Work>> alongside, CancellationToken cancel)
    {
        if (!sources.TryGetValue(source, out var known)) return Unauthentic(null, ReasonCodes.SourceUnknown, "no approval source of this name");
        if (body.Length > Limits.BodyBytes) return Unauthentic(source, ReasonCodes.RequestTooLarge, "the document is larger than 16 KiB");
        switch (await verify(known, body, cancel))
        {
            case Verified.Refused { Authentic: false } refused:
                return Unauthentic(source, refused.Code, refused.Detail);
            case Verified.Refused refused:
                return await RejectAsync(known, null, new Refusal(refused.Code, refused.Detail));
            case Verified.As verified:
                return await TakeAsync(known, verified, alongside, cancel);
            case var other:
                throw new InvalidOperationException($"a verification has two outcomes, not {other.GetType().Name}");
        }
    }

    private async Task<ApprovalAnswer> TakeAsync(
        ApprovalSource source, Verified.As verified, Func<ApprovalArrived, IReadOnlyList<Work>> alongside, CancellationToken cancel)
    {
        var parsed = DocumentReader.Read(verified.Approval);
        if (parsed is Parsed.Malformed malformed)
        {
            return await RejectAsync(source, verified.EventId, new Refusal(ReasonCodes.ApprovalMalformed, malformed.Detail));
        }

        var document = ((Parsed.As)parsed).Document;
        for (var round = 1; ; round++)
        {
            var (effect, refusal) = await effects.PlanAsync(source, verified, document, cancel);
            if (effect is not null)
            {
                refusal = await journal.CommitAsync(effect.Lane, [.. effect.Works, .. alongside(effect.Arrived)]);
                if (refusal is null) return Accept(effect.Arrived);
                if (refusal.Code == ReasonCodes.FactsChanged && round < Rounds) continue;
            }

            return await RejectAsync(source, verified.EventId, refusal!);
        }
    }

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

    /// <summary>The source is who it says and was refused: that is recorded before it is told.</summary>
    private async Task<ApprovalAnswer> RejectAsync(ApprovalSource source, string? eventId, Refusal refusal)
    {
        metrics.Refused(source.Name, refusal.Code);
        await journal.CommitAsync(Lane.Issuing, records.Rejected(source, eventId, refusal));
        return new ApprovalAnswer.Refused(refusal.Code, refusal.Detail, Statuses.Of(refusal.Code));
    }
}
