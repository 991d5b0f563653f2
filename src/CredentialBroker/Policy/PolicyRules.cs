using CredentialBroker.Protocol;
using CredentialBroker.Templates;

namespace CredentialBroker.Policy;

/// <summary>
/// May they: a pure function of facts, judged anew for every claim and every renewal (R07). A grant needs every clause to
/// hold; a clause that cannot be evaluated is a refusal (R01), whatever the reason.
/// </summary>
internal static class PolicyRules
{
    public static Decision Decide(Facts facts)
    {
        try
        {
            var claim = new Judgement(facts);
            foreach (var clause in Clauses.All)
            {
                if (clause.Test(claim) is { } failure) return new Decision.Refused(failure.Code, clause.Name, failure.Detail);
            }

            var life = claim.Life;
            return new Decision.Granted((Scoped.To)claim.Scope, life.EndsAt, life.Because, life.MaxEndsAt, claim.Template.Tier);
        }
        catch (Exception fault)
        {
            return new Decision.Refused(ReasonCodes.PolicyUnavailable, "policy", NotEvaluated(fault));
        }
    }

    /// <summary>Every clause in order, also behind a failing one, as far as there are facts to judge it by.</summary>
    public static IReadOnlyList<ClauseResult> Explain(Facts facts)
    {
        var claim = new Judgement(facts);
        return [.. Clauses.All.Select(clause => Explain(clause, claim))];
    }

    private static ClauseResult Explain(Clause clause, Judgement claim)
    {
        if (!claim.Has(clause.Needs)) return new ClauseResult(clause.Name, null, null, null);
        try
        {
            var failure = clause.Test(claim);
            return new ClauseResult(clause.Name, failure is null, failure?.Code, failure?.Detail);
        }
        catch (Exception fault)
        {
            return new ClauseResult(clause.Name, false, ReasonCodes.PolicyUnavailable, NotEvaluated(fault));
        }
    }

    // The fault's own text may quote facts; its kind is enough to find it.
    private static string NotEvaluated(Exception fault) => $"policy could not be evaluated ({fault.GetType().Name})";
}
