using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Policy;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>Gathers what a decision rests on. External policy is asked last, and only about what would be granted.</summary>
internal sealed class FactReader(Rulebook rulebook, ApprovalStore approvals, ExternalPolicy external, TimeProvider clock)
{
    public async Task<Facts> ReadAsync(Workload workload, Ask ask, RenewedLease? renews, CancellationToken cancel)
    {
        using var span = Spans.Step("facts");
        var rules = await rulebook.ReadAsync(cancel);
        var now = clock.NowMs();
        var facts = new Facts(workload, ask, rules.Templates.Find(ask.Template), null, rules.Controls, new Verdict.NotAsked(), renews, TaskEnded: false, now);
        if (facts.Template is null) return facts;

        // Those that name the instance come first; only where none of them grants are all of the workload's looked at.
        facts = Best(facts, await approvals.FindForInstanceAsync(workload.Uri, workload.Instance, ask.Template, now, cancel));
        if (PolicyRules.Decide(facts) is not Decision.Granted)
        {
            facts = Best(facts, await approvals.FindForClaimAsync(workload.Uri, workload.Instance, ask.Template, now, ask.Nonce, cancel));
        }

        return PolicyRules.Decide(facts) is Decision.Granted granted
            ? facts with { External = await external.AskAsync(facts, granted, cancel) }
            : facts;
    }

    /// <summary>Whether a control changed since these facts were read.</summary>
    public async Task<bool> IsStaleAsync(Facts facts, CancellationToken cancel) => (await rulebook.RefreshAsync(cancel)).Controls.Epoch != facts.Controls.Epoch;

    /// <summary>The rules turned out to be older than a control.</summary>
    public Task RefreshAsync(CancellationToken cancel) => rulebook.RefreshAsync(cancel);

    /// <summary>The approval's task, else the instance itself is the task.</summary>
    public static string TaskOf(Facts facts) => facts.Approval?.Task ?? $"{facts.Workload.Source}/{facts.Workload.Instance}";

    /// <summary>Of several approvals the first that would grant; when none would, the first one's reason is the answer.</summary>
    private static Facts Best(Facts facts, IReadOnlyList<Approval> found)
    {
        // A lease goes on under the approval it was issued under, and under no other.
        IReadOnlyList<Approval> candidates = facts.Renews is { } renews ? [.. found.Where(c => c.Id == renews.ApprovalId)] : found;
        foreach (var candidate in candidates)
        {
            var judged = facts with { Approval = candidate };
            if (PolicyRules.Decide(judged) is Decision.Granted) return judged;
        }

        return facts with { Approval = candidates.Count == 0 ? null : candidates[0] };
    }
}
