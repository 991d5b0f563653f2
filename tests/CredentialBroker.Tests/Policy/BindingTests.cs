using CredentialBroker.Approvals;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Policy.ClauseTests;

namespace CredentialBroker.Tests.Policy;

public sealed class BindingTests
{
    [Fact]
    public void An_exact_approval_is_the_named_instances()
    {
        Refused(WithApproval(approval => approval with { Instance = "pod-uid-2" }), ReasonCodes.BindingMismatch, "binding");
        Refused(WithApproval(approval => approval with { Instance = null }), ReasonCodes.BindingUnverifiable, "binding");
        Refused(WithApproval(approval => approval with { Binding = (Binding)9 }), ReasonCodes.PolicyUnavailable, "binding");
    }

    [Fact]
    public void A_nonce_is_shown_once_by_the_instance_that_has_it()
    {
        var approval = Some.Approval() with { Binding = Binding.Nonce, Instance = null, Nonce = "n-1" };
        Granted(Showing("n-1", approval));
        Refused(Showing(null, approval), ReasonCodes.BindingMismatch, "binding");
        Refused(Showing("", approval), ReasonCodes.BindingMismatch, "binding");
        Refused(Showing("N-1", approval), ReasonCodes.BindingMismatch, "binding");
        Refused(Showing("n-1", approval with { Instance = "pod-uid-2" }), ReasonCodes.BindingMismatch, "binding");
        Refused(Showing("", approval with { Nonce = "" }), ReasonCodes.BindingUnverifiable, "binding");
        Refused(Showing(null, approval with { Nonce = null }), ReasonCodes.BindingUnverifiable, "binding");
        Granted(Showing(null, approval with { BoundToCaller = true, Uses = 1 }));

        static Facts Showing(string? nonce, Approval approval) =>
            Some.Facts() with { Ask = new Ask("orders-read", null, null, nonce), Approval = approval };
    }

    [Fact]
    public void Whoever_comes_first_is_bound_unless_it_is_critical()
    {
        var facts = WithApproval(approval => approval with { Binding = Binding.FirstClaim, Instance = null });
        Granted(facts);
        Refused(facts with { Template = facts.Template! with { Tier = "critical" } }, ReasonCodes.BindingUnverifiable, "binding");
        Refused(facts with { Approval = facts.Approval! with { Tier = "critical" } }, ReasonCodes.BindingUnverifiable, "binding");
        Refused(facts with { Approval = facts.Approval! with { Instance = "pod-uid-2" } }, ReasonCodes.BindingMismatch, "binding");
    }

    [Fact]
    public void A_renewal_rests_on_an_approval_that_was_bound_to_it() =>
        Refused(Some.Facts() with { Renews = Some.Lease() }, ReasonCodes.BindingMismatch, "binding");

    [Fact]
    public void Stated_facts_are_proven_with_equal_value()
    {
        Granted(Stating(("serviceAccountUid", "sa-uid-1")));
        Refused(Stating(("serviceAccountUid", "sa-uid-2")), ReasonCodes.BindingMismatch, "binding_facts");
        Refused(Stating(("imageDigest", "sha256:0")), ReasonCodes.BindingUnverifiable, "binding_facts");
        Refused(Stating(("serviceAccountUid", "sa-uid-1"), ("imageDigest", "sha256:0")), ReasonCodes.BindingUnverifiable, "binding_facts");

        static Facts Stating(params (string Name, string Value)[] facts) =>
            WithApproval(approval => approval with { Facts = facts.ToDictionary(fact => fact.Name, fact => fact.Value) });
    }
}
