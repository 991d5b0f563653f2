using System.Security.Cryptography;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>Webhooks of GitLab. They only prompt: what is approved is read from GitLab's API by <see cref="GitLabState"/>.</summary>
internal sealed class GitLabFormat(PromptDoor door) : ISourceFormat
{
    public int BodyBytes => PromptDoor.BodyBytes;

    public Verified.Refused? Unfit(Delivery delivery) => PromptDoor.Unfit(delivery);

    public async Task<Verified> VerifyAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel)
    {
        var (secrets, unreadable) = await PromptDoor.SecretsAsync(source, cancel);
        if (unreadable is not null) return unreadable;
        if (GitLabToken.Check(delivery, secrets) is { } forged) return forged;
        if (delivery.Headers["X-Gitlab-Event-UUID"] is not [{ } id] || !Text.IsEventId(id)) return new Verified.Refused(ReasonCodes.EvidenceHeader, "X-Gitlab-Event-UUID is not there once, as an id", Authentic: true);
        if (delivery.Headers["X-Gitlab-Event"] is not [{ } name]) return new Verified.Refused(ReasonCodes.EvidenceHeader, "X-Gitlab-Event is not there once", Authentic: true, id);
        if (!StrictJson.TryReadObject(delivery.Body.Span, out var body, out var fault)) return new Verified.Refused(ReasonCodes.ApprovalMalformed, $"the event {fault}", Authentic: true, id);
        var (looks, refusal) = GitLabEvents.Read(name, body, source.Options.GitLab!);
        if (refusal is not null) return new Verified.Refused(refusal.Code, refusal.Detail, Authentic: true, id);

        // Events that one webhook set off share an id, so that only the body counts once.
        string[] events = [$"sha256:{Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span))}"];
        return await door.LetInAsync(source, events, [.. looks.Select(look => look.Kept(source.Options.GitLab!))], cancel);
    }
}
