using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance.Reevaluation;

/// <summary>A lease that would not be granted today, and why.</summary>
internal sealed record ChangedLease(LiveLease Live, Decision.Refused Refused)
{
    /// <summary>What it ends for: a template that has another revision now, or what else is judged differently.</summary>
    public string CauseUnder(Rules rules) =>
        rules.Templates.Find(Live.Lease.Template)?.Revision == Live.Lease.TemplateRevision ? Causes.PolicyChanged : Causes.TemplateChanged;
}

/// <summary>
/// Would what is live be granted today: the same rules, on what is on record now, for every active lease (R36). What only
/// delays a claim, or ends a lease by itself, changes nothing here.
/// </summary>
internal sealed class Reevaluation(LiveLeases live, FactReader reader, TimeProvider clock)
{
    private const int AskedAtOnce = 8;

    /// <summary>
    /// Clauses about the moment of a claim: a freeze stops new ones, an end that is near comes by itself, and whether what was shown then would be
    /// shown again cannot be known.
    /// </summary>
    private static readonly HashSet<string> OfTheMoment = ["not_frozen", "task_not_ended", "one_time_evidence", "intent", "max_ttl", "life_left", "concurrent_leases"];

    /// <summary>Enough for every clause: evidence that was strong enough for this revision is not judged again.</summary>
    private const int WasEnough = 5;

    /// <param name="asksPolicy">Whether external policy is asked too, about each lease that its own rules would grant.</param>
    /// <returns>Of the next leases those that would not be granted, and the id to go on after; null at the end.</returns>
    public async Task<(IReadOnlyList<ChangedLease> Changed, string? Next)> PageAsync(
        Selector selector, IReadOnlyList<Selector>? within, string after, int count, bool asksPolicy, CancellationToken cancel)
    {
        var rules = await reader.RulesAsync(cancel);
        var page = await live.PageAsync(selector, within, after, count, clock.NowMs(), cancel);
        var changed = new ChangedLease?[page.Count];
        await Parallel.ForAsync(0, page.Count, new ParallelOptions { MaxDegreeOfParallelism = asksPolicy ? AskedAtOnce : 1, CancellationToken = cancel }, async (i, stop) =>
        {
            var facts = await reader.ReviewedAsync(FactsOf(page[i], rules), stop);
            changed[i] = Judge(page[i], asksPolicy ? await reader.AskAsync(facts, rules, stop) : facts);
        });
        return ([.. changed.OfType<ChangedLease>()], page.Count < count ? null : page[^1].Lease.Id);
    }

    private static ChangedLease? Judge(LiveLease live, Facts facts)
    {
        // What cannot be asked is no answer, and a live lease is no claim.
        if (facts.External is Verdict.Unavailable) return null;
        var failed = PolicyRules.Explain(facts).FirstOrDefault(clause => clause.Holds == false && !OfTheMoment.Contains(clause.Name));
        return failed is null ? null : new ChangedLease(live, new Decision.Refused(failed.Code!, failed.Name, failed.Detail!));
    }

    private Facts FactsOf(LiveLease live, Rules rules)
    {
        var lease = live.Lease;
        var facts = reader.Begin(live.Workload, new Ask(lease.Template, Life.Least, null, null), rules, new RenewedLease(lease.Id, live.Workload.Instance, lease.ApprovalId, lease.MaxEndsAt), clock.NowMs());
        if (facts.Template?.Revision == lease.TemplateRevision) facts = facts with { Workload = facts.Workload with { Strength = WasEnough } };
        facts = facts with { Approval = live.Approval };
        return rules.Standing.Exceptions.FirstOrDefault(e => e.Id == lease.Exception) is { } exception ? facts.Under(exception) : facts;
    }
}
