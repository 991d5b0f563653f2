using CredentialBroker.Approvals;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Policy.ClauseTests;

namespace CredentialBroker.Tests.Policy;

/// <summary>External policy that cannot be asked, by tier; and what may be given in quarantine.</summary>
public sealed class OutageTests
{
    private static readonly Verdict Gone = new Verdict.Unavailable("no answer in time");

    [Theory]
    [InlineData("critical", "critical", nameof(Outage.Deny))]
    [InlineData("critical", "privileged", nameof(Outage.Deny))]
    [InlineData("standard", "standard", nameof(Outage.Deny))]
    [InlineData("low", "critical", nameof(Outage.Deny))]
    [InlineData("standard", "privileged", nameof(Outage.Defer))]
    [InlineData("low", "privileged", nameof(Outage.Defer))]
    [InlineData("low", "low", nameof(Outage.Quarantine))]
    [InlineData("low", "standard", nameof(Outage.Quarantine))]
    public void R04_R05_R06_The_tier_says_what_becomes_of_a_claim(string template, string approval, string outage)
    {
        var facts = Facts(template, approval);
        Assert.Equal(outage, Outages.Of(facts).ToString());
        Refused(facts, ReasonCodes.PolicyUnavailable, "external_policy");
    }

    [Fact]
    public void Without_a_quarantine_and_for_renewals_it_is_refused()
    {
        var low = Facts("low", "low");
        Assert.Equal(Outage.Deny, Outages.Of(low with { Template = low.Template! with { Quarantine = null } }));
        Assert.Equal(Outage.Deny, Outages.Of(low with { Renews = Some.Lease() }));
        Assert.Equal(Outage.Deny, Outages.Of(Facts("standard", "privileged") with { Renews = Some.Lease() }));
        Assert.Equal(Outage.Deny, Outages.Of(low with { External = new Verdict.Deny("r1", "no") }));
    }

    [Fact]
    public void R05_Quarantine_gives_its_own_template_for_its_own_time_under_the_approval_of_what_was_asked_for()
    {
        var facts = Quarantined();
        var granted = Assert.IsType<Decision.Granted>(PolicyRules.Decide(facts));
        Assert.Equal(The.Now + (5 * The.Minute), granted.EndsAt);
        Assert.Equal(granted.EndsAt, granted.MaxEndsAt);
        Assert.Equal(["status"], granted.Scope.Privileges.Select(privilege => privilege.Resource));
        Refused(facts with { Approval = facts.Approval! with { Templates = ["orders-status"] } }, ReasonCodes.NoApproval, "approval_covers_template");
        Refused(facts with { Template = null }, ReasonCodes.TemplateUnknown, "template_exists");
    }

    [Fact]
    public void R05_Nothing_lasting_nothing_of_weight_and_nothing_of_a_cloud_is_given_in_quarantine()
    {
        var facts = Quarantined();
        foreach (var unfit in new[] { facts.Template! with { Tier = "standard" }, facts.Template with { Ttl = (5 * The.Minute) + 1 }, facts.Template with { Backend = new FakeBackend("aws") } })
        {
            Refused(facts with { Template = unfit }, ReasonCodes.PolicyUnavailable, "quarantine");
        }
    }

    private static Facts Facts(string template, string approval)
    {
        var facts = Some.Facts();
        return facts with
        {
            External = Gone,
            Template = facts.Template! with { Tier = template, Quarantine = "orders-status" },
            Approval = facts.Approval! with
            {
                Tier = approval, Image = new ImageFacts($"shop@sha256:{new string('a', 64)}", ImageFacts.Verified, "https://ci.test", "build"),
                Circumstances = new Circumstances { HostResources = ["privileged"], Posture = "p1", Ticket = "CHG-1" },
            },
        };
    }

    private static Facts Quarantined() => Facts("low", "standard").InQuarantine(
        Some.Template() with { Name = "orders-status", Tier = "low", Ttl = 5 * The.Minute, Grant = new FakeGrant("orders", "status") });
}
