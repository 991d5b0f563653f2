using CredentialBroker.Approvals;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Policy.ClauseTests;

namespace CredentialBroker.Tests.Policy;

/// <summary>Minimum controls of environments, of what is privileged, and of what acts on its own.</summary>
public sealed class ProfileTests
{
    private static readonly ImageFacts Signed = new($"shop@sha256:{new string('a', 64)}", ImageFacts.Verified, "https://ci.test", "build");

    [Theory]
    [InlineData("dev")]
    [InlineData("standard")]
    public void R67_Less_is_taken_where_the_operator_says_so(string profile) => Granted(Some.Facts() with { Profile = profile });

    [Fact]
    public void R67_A_regulated_environment_takes_only_what_is_pinned_signed_bound_and_well_proven()
    {
        var facts = Regulated();
        Granted(facts);
        RefusedBy(With(a => a with { Image = null }));
        RefusedBy(With(a => a with { Image = Signed with { Verdict = "unsigned", Issuer = null, Subject = null } }));
        RefusedBy(With(a => a with { Image = Signed with { Reference = "shop:latest" } }));
        RefusedBy(With(a => a with { Binding = Binding.FirstClaim, Instance = null }));
        RefusedBy(facts with { Workload = facts.Workload with { Strength = 2 } });
        Refused(facts with { Profile = "relaxed" }, ReasonCodes.PolicyUnavailable, "profile");

        Facts With(Func<Approval, Approval> change) => facts with { Approval = change(facts.Approval!) };
    }

    [Theory]
    [InlineData("automounted-token")]
    [InlineData("metadata-reachable")]
    [InlineData("node-role")]
    [InlineData("rbac-wildcard")]
    public void R69_What_makes_a_stolen_credential_reach_further_is_refused_where_it_is_regulated(string weakness)
    {
        var facts = Regulated();
        var weak = facts with { Approval = facts.Approval! with { Circumstances = new Circumstances { Weaknesses = [weakness] } } };
        RefusedBy(weak);
        Granted(weak with { Profile = "standard" });
    }

    [Theory]
    [InlineData("image")]
    [InlineData("need")]
    [InlineData("resources")]
    [InlineData("posture")]
    public void R45_Whoever_gets_part_of_a_host_is_known_by_image_need_resources_and_posture(string missing)
    {
        var seen = new Circumstances { HostResources = ["bind:/data:/data:ro"], Posture = "batch@3", Ticket = "CHG-7" };
        var facts = Some.Facts();
        facts = facts with { Approval = facts.Approval! with { Tier = "privileged", Image = Signed, Circumstances = seen } };
        Granted(facts);
        var without = missing switch
        {
            "image" => facts.Approval with { Image = null },
            "need" => facts.Approval with { Circumstances = seen with { Ticket = null } },
            "resources" => facts.Approval with { Circumstances = seen with { HostResources = [] } },
            _ => facts.Approval with { Circumstances = seen with { Posture = null } },
        };
        Refused(facts with { Approval = without }, ReasonCodes.PostureUnknown, "privileged_stated");
    }

    [Fact]
    public void R20_What_is_autonomous_gets_five_minutes_for_an_intent()
    {
        var facts = Some.Facts();
        facts = facts with
        {
            Ask = facts.Ask with { Ttl = 5 * The.Minute },
            Approval = facts.Approval! with { Intent = new Intent(null, null, "rebuild the index"), Circumstances = new Circumstances { RiskClass = "autonomous", Owner = "team-agents" } },
        };
        Granted(facts);
        Refused(facts with { Ask = facts.Ask with { Ttl = (5 * The.Minute) + 1 } }, ReasonCodes.TtlTooLong, "autonomous");
        Refused(facts with { Ask = facts.Ask with { Ttl = null } }, ReasonCodes.TtlTooLong, "autonomous");
        Refused(facts with { Approval = facts.Approval with { Intent = null } }, ReasonCodes.IntentRefused, "autonomous");
    }

    private static Facts Regulated()
    {
        var facts = Some.Facts();
        return facts with { Profile = Profiles.Regulated, Approval = facts.Approval! with { Image = Signed } };
    }

    private static void RefusedBy(Facts facts) => Refused(facts, ReasonCodes.ProfileRefused, "profile");
}
