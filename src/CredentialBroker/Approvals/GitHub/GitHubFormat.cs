using System.Security.Cryptography;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>Webhooks of GitHub. They only prompt: what is approved is read from GitHub's API by <see cref="PromptLooks"/>.</summary>
internal sealed class GitHubFormat(ApprovalStore approvals, PromptStore prompts, TimeProvider clock) : ISourceFormat
{
    private const int LongestSecretFile = 1024;

    public int BodyBytes => 128 * 1024;

    public Verified.Refused? Unfit(Delivery delivery) => delivery.MediaType is "application/json" ? null : Formats.Wrong("application/json");

    public async Task<Verified> VerifyAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel)
    {
        if (await SecretLines.ReadAsync(source.Options.SecretFile!, LongestSecretFile, cancel) is not { Count: 1 or 2 } secrets || secrets.Any(s => s.Length < GitHubSignature.ShortestSecret))
        {
            return new Verified.Refused(ReasonCodes.EvidenceKeysUnavailable, "the source's secret cannot be read at present", Authentic: false);
        }

        if (GitHubSignature.Check(delivery, secrets) is { } forged) return forged;
        if (delivery.Headers["X-GitHub-Delivery"] is not [{ } id] || !Text.IsEventId(id)) return new Verified.Refused(ReasonCodes.EvidenceHeader, "X-GitHub-Delivery is not there once, as an id", Authentic: true);
        if (delivery.Headers["X-GitHub-Event"] is not [{ } name]) return new Verified.Refused(ReasonCodes.EvidenceHeader, "X-GitHub-Event is not there once", Authentic: true, id);
        if (!StrictJson.TryReadObject(delivery.Body.Span, out var body, out var fault)) return new Verified.Refused(ReasonCodes.ApprovalMalformed, $"the event {fault}", Authentic: true, id);
        var (looks, refusal) = PromptReader.Read(name, body, source.Options.GitHub!);
        if (refusal is not null) return new Verified.Refused(refusal.Code, refusal.Detail, Authentic: true, id);
        if (looks.Count == 0 || await IsNobodysAsync(source, looks[0], cancel)) return new Verified.Noted();

        // The delivery's id is not signed; the body is, and counts once as well.
        return new Verified.Prompted([id, $"sha256:{Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span))}"], clock.NowMs() + (long)Limits.Validity.TotalMilliseconds, looks);
    }

    /// <summary>GitHub tells of the end of every job; it matters for those that somebody approved, or may be about to have approved.</summary>
    private async Task<bool> IsNobodysAsync(ApprovalSource source, Prompt prompt, CancellationToken cancel) => prompt.Ask == Ask.JobOver
        && (await approvals.ListAsync(new ApprovalQuery(source.Name, Task: PromptLooks.TaskOf(source, prompt), Limit: 1), cancel)).Count == 0
        && !await prompts.AnyAboutAsync(source.Name, prompt.About, cancel);
}
