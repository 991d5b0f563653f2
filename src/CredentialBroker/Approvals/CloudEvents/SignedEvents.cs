using System.Text.Json;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Jws;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Approvals.CloudEvents;

/// <summary>
/// CloudEvents whose <c>data</c> is a signed document. Nobody signed the event around it, so that it may only repeat what
/// the document says: an event that contradicts what it carries is refused.
/// </summary>
internal sealed class SignedEvents(JwsFormat documents, TimeProvider clock)
{
    public async Task<Verified> VerifyAsync(ApprovalSource source, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (CloudEvent.Read(body.Span, out var fault) is not { } read) return Unproven(ReasonCodes.EvidenceMalformed, fault!);
        if (read.Source != source.Options.Issuer) return Unproven(ReasonCodes.EvidenceUntrustedIssuer, "event.source is another's");
        if (OwnVocabulary.EffectOf(read.Type) is not { } effect) return Unproven(ReasonCodes.EventType, "event.type is none of this source's");
        if (read.ContentType is not ("application/jose" or "application/jwt") || read.Data.ValueKind != JsonValueKind.String)
        {
            return Unproven(ReasonCodes.EvidenceMalformed, "event.data is no signed document of datacontenttype application/jose");
        }

        if (read.Stale(clock.NowMs(), authentic: false) is { } stale) return stale;
        var verified = await documents.VerifyAsync(source, read.Data.GetString()!, cancel);
        return verified is Verified.As document && (document.Events[0] != read.Id || EffectOf(document.Document) != effect)
            ? new Verified.Refused(ReasonCodes.EvidenceClaims, "the event's id or type is not the signed document's", Authentic: true, document.Events[0])
            : verified;
    }

    private static string EffectOf(ApprovalDocument document) => document switch
    {
        ApprovalDocument.Approved => "approved",
        ApprovalDocument.Stopped { State: ApprovalState.Denied } => "denied",
        ApprovalDocument.Stopped => "withdrawn",
        ApprovalDocument.TaskFinished => "task_finished",
        _ => throw new InvalidOperationException($"no effect for {document.GetType().Name}"),
    };

    private static Verified.Refused Unproven(string code, string detail) => new(code, detail, Authentic: false);
}
