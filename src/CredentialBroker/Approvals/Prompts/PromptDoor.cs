using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Approvals.Prompts;

/// <summary>What the formats have in common whose webhooks only prompt.</summary>
internal sealed class PromptDoor(ApprovalStore approvals, PromptStore prompts, TimeProvider clock)
{
    public const int BodyBytes = 128 * 1024, ShortestSecret = 16;

    private const int LongestSecretFile = 1024;

    public static Verified.Refused? Unfit(Delivery delivery) => delivery.MediaType is "application/json" ? null : Formats.Wrong("application/json");

    /// <summary>One secret, or two for the time of a rotation; read anew each time.</summary>
    public static async Task<(IReadOnlyList<string> Secrets, Verified.Refused? Refused)> SecretsAsync(ApprovalSource source, CancellationToken cancel) =>
        await SecretLines.ReadAsync(source.Options.SecretFile!, LongestSecretFile, cancel) is { Count: 1 or 2 } secrets && secrets.All(s => s.Length >= ShortestSecret)
            ? (secrets, null)
            : ([], new Verified.Refused(ReasonCodes.EvidenceKeysUnavailable, "the source's secret cannot be read at present", Authentic: false));

    /// <param name="events">Names under which the webhook counts once.</param>
    public async Task<Verified> LetInAsync(ApprovalSource source, IReadOnlyList<string> events, IReadOnlyList<Prompt> looks, CancellationToken cancel)
    {
        var somebodys = new List<Prompt>();
        foreach (var look in looks)
        {
            if (!await IsNobodysAsync(source, look, cancel)) somebodys.Add(look);
        }

        return somebodys.Count == 0 ? new Verified.Noted() : new Verified.Prompted(events, clock.NowMs() + (long)Limits.Validity.TotalMilliseconds, somebodys);
    }

    /// <summary>The end of every job is told; it matters for those that somebody approved, or may be about to have approved.</summary>
    private async Task<bool> IsNobodysAsync(ApprovalSource source, Prompt prompt, CancellationToken cancel) => prompt.EndOf is { } task
        && (await approvals.ListAsync(new ApprovalQuery(source.Name, Task: task, Limit: 1), cancel)).Count == 0
        && !await prompts.AnyAboutAsync(source.Name, prompt.About, cancel);
}
