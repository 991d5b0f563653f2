using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Templates;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Policy;

/// <summary>Each clause both ways: the fact that holds and the nearest one that does not.</summary>
public sealed class ClauseTests
{
    [Fact]
    public void A_claim_with_everything_in_order_is_granted()
    {
        var granted = Assert.IsType<Decision.Granted>(PolicyRules.Decide(Some.Facts()));
        Assert.Equal("standard", granted.Tier);
        Assert.Equal(["read", "write"], granted.Scope.Privileges.Select(privilege => privilege.Resource));
    }

    [Fact]
    public void A_lease_is_renewed_by_its_holder_only()
    {
        var renewal = Renewal();
        Granted(renewal);
        Refused(renewal with { Renews = Some.Lease() with { Instance = "pod-uid-2" } }, ReasonCodes.LeaseUnknown, "lease_is_the_callers");
    }

    [Fact]
    public void No_template_is_no_credential()
    {
        Refused(Some.Facts() with { Template = null }, ReasonCodes.TemplateUnknown, "template_exists");
        Refused(Some.Facts() with { Ask = new Ask("other", null, null, null) }, ReasonCodes.TemplateUnknown, "template_exists");
    }

    [Fact]
    public void The_template_matches_the_workload() => Refused(
        WithTemplate(template => template with { Workloads = [new WorkloadPattern("k8s://prod-eu/shop/cart")] }), ReasonCodes.WorkloadNotMatched, "workload_matched");

    [Fact]
    public void Evidence_is_strong_enough()
    {
        Granted(WithTemplate(template => template with { MinStrength = 3 }));
        Refused(WithTemplate(template => template with { MinStrength = 4 }), ReasonCodes.StrengthTooLow, "strength");
    }

    [Fact]
    public void A_client_certificate_is_no_one_time_evidence()
    {
        Granted(Counted(EvidenceReuse.TemplateDecides, oneTime: true));
        Granted(Counted(EvidenceReuse.Never, oneTime: true));
        Granted(Counted(EvidenceReuse.Always, oneTime: false));
        Refused(Counted(EvidenceReuse.Always, oneTime: true), ReasonCodes.OneTimeEvidenceRequired, "one_time_evidence");
        var renewal = Renewal();
        Granted(renewal with { Template = renewal.Template! with { OneTimeEvidence = true }, Workload = renewal.Workload with { Reuse = EvidenceReuse.Always } });

        static Facts Counted(EvidenceReuse reuse, bool oneTime) =>
            WithWorkload(workload => workload with { Reuse = reuse }) with { Template = Some.Template() with { OneTimeEvidence = oneTime } };
    }

    [Fact]
    public void R60_A_chain_of_delegation_deeper_than_the_template_allows_is_refused()
    {
        Granted(Acting("a"));
        Refused(Acting("a", "b"), ReasonCodes.DelegationTooDeep, "delegation");
        Refused(Acting("a") with { Template = Some.Template() with { MaxDelegation = 0 } }, ReasonCodes.DelegationTooDeep, "delegation");

        static Facts Acting(params string[] chain) => WithWorkload(workload => workload with { ActChain = chain });
    }

    [Fact]
    public void An_ended_task_gets_nothing() => Refused(Some.Facts() with { TaskEnded = true }, ReasonCodes.TaskEnded, "task_not_ended");

    [Fact]
    public void No_approval_no_credential() => Refused(Some.Facts() with { Approval = null }, ReasonCodes.NoApproval, "approval_exists");

    [Fact]
    public void The_template_says_whose_approvals_count() =>
        Refused(WithApproval(approval => approval with { Source = "ci" }), ReasonCodes.SourceNotEntitled, "approval_source");

    [Fact]
    public void The_approval_is_confirmed_and_not_over()
    {
        Granted(In(ApprovalState.Confirmed));
        Granted(In(ApprovalState.Bound));
        Refused(In(ApprovalState.Candidate), ReasonCodes.ApprovalNotConfirmed, "approval_state");
        Refused(In(ApprovalState.Denied), ReasonCodes.ApprovalDenied, "approval_state");
        Refused(In(ApprovalState.Expired), ReasonCodes.ApprovalExpired, "approval_state");
        Refused(In(ApprovalState.Withdrawn), ReasonCodes.ApprovalWithdrawn, "approval_state");
        Refused(In(ApprovalState.Finished), ReasonCodes.TaskEnded, "approval_state");
        Refused(In(0), ReasonCodes.PolicyUnavailable, "approval_state");

        static Facts In(ApprovalState state) => WithApproval(approval => approval with { State = state });
    }

    [Fact]
    public void The_approval_names_the_template_and_the_workload()
    {
        Granted(WithApproval(approval => approval with { Templates = ["other", "orders-read"] }));
        Refused(WithApproval(approval => approval with { Templates = ["other"] }), ReasonCodes.NoApproval, "approval_covers_template");
        Refused(WithApproval(approval => approval with { Templates = ["*"] }), ReasonCodes.NoApproval, "approval_covers_template");
        Refused(WithApproval(approval => approval with { WorkloadUri = "k8s://prod-eu/shop/*" }), ReasonCodes.NoApproval, "approval_workload");
        Refused(WithApproval(approval => approval with { WorkloadUri = The.Uri.ToUpperInvariant() }), ReasonCodes.NoApproval, "approval_workload");
    }

    [Fact]
    public void R66_An_approval_for_staging_is_none_for_production() =>
        Refused(WithApproval(approval => approval with { Environment = "staging" }), ReasonCodes.EnvironmentMismatch, "approval_environment");

    [Fact]
    public void R52_A_window_has_a_beginning_and_an_end()
    {
        Granted(WithApproval(approval => approval with { NotBefore = The.Now }));
        Refused(WithApproval(approval => approval with { NotBefore = The.Now + 1 }), ReasonCodes.ApprovalNotYetValid, "approval_begun");
        Granted(WithApproval(approval => approval with { ValidUntil = The.Now + 1000 }));
        Refused(WithApproval(approval => approval with { ValidUntil = The.Now }), ReasonCodes.ApprovalExpired, "approval_not_over");
    }

    [Fact]
    public void R49_A_claim_sixteen_minutes_after_the_approval_is_refused()
    {
        var approval = Some.Approval() with { ReceivedAt = The.Now - (16 * The.Minute), ClaimBy = The.Now - The.Minute };
        Refused(Some.Facts() with { Approval = approval }, ReasonCodes.ApprovalExpired, "approval_claimed_in_time");
        Refused(WithApproval(approval => approval with { ClaimBy = The.Now }), ReasonCodes.ApprovalExpired, "approval_claimed_in_time");
        Granted(Some.Facts() with { Approval = approval with { BoundToCaller = true, Uses = 1 } });
        Granted(Renewal() with { Approval = approval with { BoundToCaller = true, Uses = 1 } });
    }

    [Fact]
    public void An_approval_binds_as_many_instances_as_it_allows()
    {
        Refused(WithApproval(approval => approval with { Uses = 1 }), ReasonCodes.ApprovalUsedUp, "approval_uses");
        Granted(WithApproval(approval => approval with { Uses = 1, MaxUses = 2 }));
        Granted(WithApproval(approval => approval with { Uses = 1, BoundToCaller = true }));
    }

    [Fact]
    public void The_tier_approved_is_at_least_the_templates()
    {
        Granted(WithApproval(approval => approval with { Tier = "critical" }));
        Refused(WithApproval(approval => approval with { Tier = "low" }), ReasonCodes.TierMismatch, "tier");
        Refused(WithApproval(approval => approval with { Tier = "sovereign" }), ReasonCodes.TierMismatch, "tier");
        Refused(WithTemplate(template => template with { Tier = "huge" }), ReasonCodes.PolicyUnavailable, "tier");
    }

    [Fact]
    public void A_life_longer_than_the_templates_is_refused_and_never_clamped()
    {
        Granted(Asking(15 * The.Minute));
        Refused(Asking((15 * The.Minute) + 1), ReasonCodes.TtlTooLong, "ttl");
        Granted(Asking(1000));
        Refused(Asking(999), ReasonCodes.RequestMalformed, "ttl");
        Refused(Asking(-1), ReasonCodes.RequestMalformed, "ttl");
        Refused(Asking(long.MaxValue), ReasonCodes.TtlTooLong, "ttl");

        static Facts Asking(long ttl) => Some.Facts() with { Ask = new Ask("orders-read", ttl, null, null) };
    }

    [Fact]
    public void R01_R04_External_policy_must_say_yes_and_an_accepted_risk_never_covers_the_critical()
    {
        Granted(Hearing(new Verdict.Allow("7")));
        Refused(Hearing(new Verdict.Allow("")), ReasonCodes.PolicyUnavailable, "external_policy");
        Refused(Hearing(new Verdict.Deny("7", "no")), ReasonCodes.PolicyDenied, "external_policy");
        Refused(Hearing(new Verdict.Unavailable("timeout")), ReasonCodes.PolicyUnavailable, "external_policy");
        Refused(Hearing(null!), ReasonCodes.PolicyUnavailable, "external_policy");

        var accepted = new Verdict.RiskAccepted("timeout", "risk-1");
        Granted(Hearing(accepted));
        Refused(Hearing(new Verdict.RiskAccepted("timeout", "")), ReasonCodes.RiskAcceptanceInvalid, "external_policy");
        Refused(Critical(Hearing(accepted)), ReasonCodes.PolicyUnavailable, "external_policy");
        Granted(Critical(Hearing(new Verdict.Allow("7"))));

        static Facts Hearing(Verdict verdict) => Some.Facts() with { External = verdict };
        static Facts Critical(Facts facts) => facts with
        {
            Template = facts.Template! with { Tier = "critical" }, Approval = facts.Approval! with { Tier = "critical" },
        };
    }

    [Fact]
    public void A_lease_is_not_renewed_past_its_longest_life()
    {
        Granted(Until(The.Now + 1000));
        Refused(Until(The.Now), ReasonCodes.MaxTtlReached, "max_ttl");
        Refused(Until(The.Now + 999), ReasonCodes.MaxTtlReached, "life_left");

        static Facts Until(long end) => Renewal() with { Renews = Some.Lease() with { MaxEndsAt = end } };
    }

    [Fact]
    public void Less_than_a_second_of_approval_is_not_granted() =>
        Refused(WithApproval(approval => approval with { ValidUntil = The.Now + 999 }), ReasonCodes.ApprovalExpired, "life_left");

    [Fact]
    public void R07_A_renewal_is_judged_like_a_claim()
    {
        Granted(Renewal());
        Refused(Renewal() with { Controls = Some.Controls(Some.Freeze("lease=lease-1")) }, ReasonCodes.Frozen, "not_frozen");
        Refused(Renewal() with { Template = Some.Template() with { Workloads = [] } }, ReasonCodes.WorkloadNotMatched, "workload_matched");
        Refused(Renewal() with { External = new Verdict.Deny("8", "no more") }, ReasonCodes.PolicyDenied, "external_policy");
    }

    internal static Facts Renewal() => Some.Facts() with
    {
        Renews = Some.Lease(), Approval = Some.Approval() with { State = ApprovalState.Bound, BoundToCaller = true, Uses = 1 },
    };

    internal static Facts WithTemplate(Func<CompiledTemplate, CompiledTemplate> change) => Some.Facts() with { Template = change(Some.Template()) };

    internal static Facts WithApproval(Func<Approval, Approval> change) => Some.Facts() with { Approval = change(Some.Approval()) };

    internal static Facts WithWorkload(Func<Workload, Workload> change) => Some.Facts() with { Workload = change(Some.Workload()) };

    internal static void Granted(Facts facts)
    {
        Assert.IsType<Decision.Granted>(PolicyRules.Decide(facts));
        Assert.All(PolicyRules.Explain(facts), result => Assert.True(result.Holds));
    }

    internal static void Refused(Facts facts, string code, string clause)
    {
        var refused = Assert.IsType<Decision.Refused>(PolicyRules.Decide(facts));
        Assert.Equal((code, clause), (refused.Code, refused.Clause));
        Assert.NotEmpty(refused.Detail);
        Assert.Equal(clause, PolicyRules.Explain(facts).First(result => result.Holds == false).Name);
    }
}
