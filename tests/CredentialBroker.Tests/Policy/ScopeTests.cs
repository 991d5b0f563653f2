using CredentialBroker.Backends;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Policy.ClauseTests;

namespace CredentialBroker.Tests.Policy;

public sealed class ScopeTests
{
    [Fact]
    public void R28_A_grant_is_the_template_narrowed_by_intent_and_approval()
    {
        Assert.Equal(["read"], Resources(Asking(["read"], null)));
        Assert.Equal(["read"], Resources(Asking(null, ["read"])));
        Assert.Equal(["read", "write"], Resources(Asking([], null)));
        Refused(Asking(["read"], ["write"]), ReasonCodes.IntentRefused, "scope");
        Refused(Asking(["drop"], null), ReasonCodes.IntentRefused, "scope");
    }

    [Fact]
    public void Where_intent_is_required_a_scope_is_chosen_by_the_workload_or_its_approval()
    {
        Granted(Strict(Asking(["read"], null)));
        Granted(Strict(Asking(null, ["read"])));
        Refused(Strict(Asking(null, null)), ReasonCodes.IntentRefused, "intent");
        Refused(Strict(Asking([], [])), ReasonCodes.IntentRefused, "intent");

        static Facts Strict(Facts facts) => facts with { Template = facts.Template! with { IntentRequired = true } };
    }

    [Fact]
    public void A_backend_sees_proven_facts_and_its_refusal_is_the_answer()
    {
        IReadOnlyDictionary<string, string>? seen = null;
        Refused(Granting(facts =>
        {
            seen = facts;
            return new Narrowed.Refused(ReasonCodes.ParameterRefused, "cannot carry it");
        }), ReasonCodes.ParameterRefused, "scope");
        Assert.Equal(The.Uri, seen!["workload.uri"]);
        Assert.Equal("shop", seen["workload.namespace"]);
    }

    [Fact]
    public void R01_An_exception_while_policy_is_evaluated_is_a_refusal()
    {
        var facts = Granting(_ => throw new InvalidOperationException("value of a fact"));
        var refused = Assert.IsType<Decision.Refused>(PolicyRules.Decide(facts));
        Assert.Equal((ReasonCodes.PolicyUnavailable, "policy"), (refused.Code, refused.Clause));
        Assert.DoesNotContain("value of a fact", refused.Detail, StringComparison.Ordinal);

        var result = Assert.Single(PolicyRules.Explain(facts), result => result.Holds == false);
        Assert.Equal(("scope", ReasonCodes.PolicyUnavailable), (result.Name, result.Code));
    }

    [Fact]
    public void R01_Facts_that_are_not_there_are_a_refusal()
    {
        Assert.IsType<Decision.Refused>(PolicyRules.Decide(null!));
        Assert.IsType<Decision.Refused>(PolicyRules.Decide(Some.Facts() with { Workload = null! }));
        Assert.IsType<Decision.Refused>(PolicyRules.Decide(Some.Facts() with { Controls = null! }));
    }

    private static IEnumerable<string> Resources(Facts facts) =>
        Assert.IsType<Decision.Granted>(PolicyRules.Decide(facts)).Scope.Privileges.Select(privilege => privilege.Resource);

    private static Facts Asking(string[]? asked, string[]? approved) => Some.Facts() with
    {
        Ask = new Ask("orders-read", null, asked is null ? null : new Intent(asked), null),
        Approval = Some.Approval() with { Intent = approved is null ? null : new Intent(approved) },
    };

    private static Facts Granting(Func<IReadOnlyDictionary<string, string>, Narrowed> instead) =>
        WithTemplate(template => template with { Grant = new FakeGrant("orders") { Instead = instead } });
}
