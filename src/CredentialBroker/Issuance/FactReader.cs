using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Exceptions;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>Gathers what a decision rests on. External policy is asked last, and only about what would be granted.</summary>
internal sealed class FactReader(
    Rulebook rulebook, ApprovalStore approvals, RecentApprovals recent, LeaseStore leases, ExternalPolicy external, EnvironmentProfiles profiles, ReviewedIdentity reviewed, TimeProvider clock)
{
    /// <summary>
    /// What is remembered of an instance that was granted before, or null when that would not grant again. Only for a
    /// claim, whose commit reads the approval anew: when it refuses, the facts are to be read.
    /// </summary>
    public async Task<Facts?> RecallAsync(Workload workload, Ask ask, CancellationToken cancel)
    {
        if (recent.Find(workload.Id, ask.Template) is not { } approval) return null;
        var rules = await rulebook.ReadAsync(cancel);
        // Exceptions may bend the rules for some approvals and not for others.
        if (rules.Standing.Exceptions.Count > 0) return null;
        var facts = await ReviewedAsync(Begin(workload, ask, rules, renews: null, clock.NowMs()) with { Approval = approval }, cancel);
        facts = await AskAsync(facts, rules, cancel);
        // What cannot be asked is no reason to look less closely.
        return facts.External is Verdict.Unavailable || (facts.External is Verdict.NotAsked && PolicyRules.Decide(facts) is not Decision.Granted) ? null : facts;
    }

    /// <summary>The claim was granted: its instance may come again.</summary>
    public void Remember(Facts facts) => recent.Keep(facts.Workload.Id, facts.Ask.Template, facts.Approval!);

    /// <summary>The commit refused what was remembered.</summary>
    public void Forget(Facts facts) => recent.Forget(facts.Workload.Id, facts.Ask.Template);

    public async Task<Facts> ReadAsync(Workload workload, Ask ask, RenewedLease? renews, CancellationToken cancel)
    {
        using var span = Spans.Step("facts");
        var rules = await rulebook.ReadAsync(cancel);
        var now = clock.NowMs();
        var facts = await ReviewedAsync(Begin(workload, ask, rules, renews, now), cancel);
        if (facts.Template is null) return facts;

        // Those that name the instance come first; only where none of them grants are all of the workload's looked at.
        var found = await approvals.FindForInstanceAsync(workload.Uri, workload.Instance, ask.Template, now, cancel);
        facts = Best(facts, found);
        if (PolicyRules.Decide(facts) is not Decision.Granted)
        {
            found = await approvals.FindForClaimAsync(workload.Uri, workload.Instance, ask.Template, now, ask.Nonce, cancel);
            facts = Best(facts, found);
        }

        facts = await BentAsync(facts, rules.Standing, found, cancel);
        facts = await AskAsync(facts, rules, cancel);
        return Outages.Of(facts) == Outage.Quarantine ? facts.InQuarantine(rules.Templates.Find(facts.Template!.Quarantine!)) : facts;
    }

    /// <summary>The rules as this replica knows them.</summary>
    public ValueTask<Rules> RulesAsync(CancellationToken cancel) => rulebook.ReadAsync(cancel);

    /// <summary>Asks external policy, where there is one, about what would else be granted.</summary>
    public async Task<Facts> AskAsync(Facts facts, Rules rules, CancellationToken cancel) => PolicyRules.Decide(facts) is Decision.Granted granted
        ? facts with { External = await external.AskAsync(facts, granted, rules.Standing.RiskAcceptances, cancel) }
        : facts;

    public Facts Begin(Workload workload, Ask ask, Rules rules, RenewedLease? renews, long now)
    {
        var template = rules.Templates.Find(ask.Template);
        var facts = new Facts(workload, ask, template, null, rules.Controls, new Verdict.NotAsked(), renews, TaskEnded: false, now);
        return template is null ? facts : facts with { Profile = profiles.Of(template.Environment) };
    }

    /// <summary>An exception is used where the claim would be refused without it and is granted with it, and nowhere else.</summary>
    private async Task<Facts> BentAsync(Facts facts, StandingRecords standing, IReadOnlyList<Approval> found, CancellationToken cancel)
    {
        if (standing.Exceptions.Count == 0) return facts;
        var covering = standing.Exceptions.Where(e => e.IsLive(facts.Now) && e.Covers(facts.Ask.Template, ClaimDimensions.Of(facts))).ToList();
        if (facts.Renews is null && covering.Exists(e => e.Terms?.ConcurrentLeases is not null))
        {
            facts = facts with { Held = await leases.CountHeldAsync(facts.Workload.Id, facts.Ask.Template, cancel) };
        }

        if (PolicyRules.Decide(facts) is Decision.Granted) return facts;
        return covering.Select(exception => Best(facts.Under(exception), found)).FirstOrDefault(bent => PolicyRules.Decide(bent) is Decision.Granted) ?? facts;
    }

    /// <summary>Looks up what was reviewed of the workload, where its template asks.</summary>
    public async Task<Facts> ReviewedAsync(Facts facts, CancellationToken cancel) =>
        facts.Template?.IdentityReviewed == true ? facts with { IdentityReviewed = await reviewed(facts.Workload.Uri, cancel) } : facts;

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
