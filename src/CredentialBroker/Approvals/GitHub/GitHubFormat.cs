using System.Security.Cryptography;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>Webhooks of GitHub. They only prompt: what is approved is read from GitHub's API by <see cref="GitHubState"/>.</summary>
internal sealed class GitHubFormat(PromptDoor door) : ISourceFormat
{
    public int BodyBytes => PromptDoor.BodyBytes;

    public Verified.Refused? Unfit(Delivery delivery) => PromptDoor.Unfit(delivery);

    public async Task<Verified> VerifyAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel)
    {
        var (secrets, unreadable) = await PromptDoor.SecretsAsync(source, cancel);
        if (unreadable is not null) return unreadable;
        if (GitHubSignature.Check(delivery, secrets) is { } forged) return forged;
        if (delivery.Headers["X-GitHub-Delivery"] is not [{ } id] || !Text.IsEventId(id)) return new Verified.Refused(ReasonCodes.EvidenceHeader, "X-GitHub-Delivery is not there once, as an id", Authentic: true);
        if (delivery.Headers["X-GitHub-Event"] is not [{ } name]) return new Verified.Refused(ReasonCodes.EvidenceHeader, "X-GitHub-Event is not there once", Authentic: true, id);
        if (!StrictJson.TryReadObject(delivery.Body.Span, out var body, out var fault)) return new Verified.Refused(ReasonCodes.ApprovalMalformed, $"the event {fault}", Authentic: true, id);
        var (looks, refusal) = GitHubEvents.Read(name, body, source.Options.GitHub!);
        if (refusal is not null) return new Verified.Refused(refusal.Code, refusal.Detail, Authentic: true, id);

        // The delivery's id is not signed; the body is, and counts once as well.
        string[] events = [id, $"sha256:{Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span))}"];
        return await door.LetInAsync(source, events, [.. looks.Select(look => look.Kept(source.Options.GitHub!))], cancel);
    }
}
