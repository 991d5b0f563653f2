using CredentialBroker.Approvals;
using CredentialBroker.Exceptions;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Policy;

/// <summary>What an exception changes about a claim, and what it never changes.</summary>
public sealed class ExceptionClauseTests
{
    [Fact]
    public void R52_An_exception_raises_what_it_names_and_ends_what_rests_on_it()
    {
        var asked = Some.Facts() with { Ask = new Ask("orders-read", 20 * The.Minute, null, null) };
        Refused(asked, ReasonCodes.TtlTooLong);
        var granted = Assert.IsType<Decision.Granted>(PolicyRules.Decide(asked.Under(Some.Exception())));
        Assert.Equal((The.Now + (20 * The.Minute), Life.Ttl, The.Now + The.Hour), (granted.EndsAt, granted.EndsBecause, granted.MaxEndsAt));
        var brief = Some.Exception() with { EndsAt = The.Now + (5 * The.Minute) };
        var cut = Assert.IsType<Decision.Granted>(PolicyRules.Decide(asked.Under(brief)));
        Assert.Equal((brief.EndsAt, Life.ExceptionEnd), (cut.EndsAt, cut.EndsBecause));
        Assert.Equal(15 * The.Minute, asked.Under(Some.Exception(new ExceptionTerms("1m"))).Template!.Ttl);
    }

    [Fact]
    public void R52_An_exception_that_does_not_stand_grants_nothing()
    {
        ExceptionRecord[] fallen =
        [
            Some.Exception() with { EndsAt = The.Now }, Some.Exception() with { StartsAt = The.Now + 1 }, Some.Exception() with { State = RecordState.Requested },
            Some.Exception() with { State = RecordState.Ended }, Some.Exception() with { ApprovedBy = null }, Some.Exception() with { ApprovedBy = " Alice " },
            Some.Exception() with { Templates = ["other"] }, Some.Exception() with { SelectorText = "namespace=other" }, Some.Exception() with { SelectorText = "nonsense" },
            Some.Exception() with { Kind = RecordKind.RiskAcceptance },
        ];
        Assert.All(fallen, exception => Refused(Some.Facts().Under(exception), ReasonCodes.ExceptionOver));
    }

    [Fact]
    public void R52_A_nonce_may_be_dispensed_with_but_not_where_the_tier_is_critical()
    {
        var bound = Some.Facts() with { Approval = Some.Approval() with { Binding = Binding.Nonce, Instance = null, Nonce = "sixteen-characters" } };
        Refused(bound, ReasonCodes.BindingMismatch);
        var may = Some.Exception(new ExceptionTerms(FirstClaimBinding: true));
        Assert.IsType<Decision.Granted>(PolicyRules.Decide(bound.Under(may)));
        var critical = bound with { Template = bound.Template! with { Tier = "critical" }, Approval = bound.Approval! with { Tier = "critical" } };
        Refused(critical.Under(may), ReasonCodes.BindingMismatch);
    }

    [Fact]
    public void R32_A_legacy_template_whose_controls_were_not_reviewed_grants_nothing()
    {
        var legacy = Some.Facts() with { Template = Some.Template() with { Legacy = Some.Legacy(The.Now + 1) } };
        Assert.IsType<Decision.Granted>(PolicyRules.Decide(legacy));
        Refused(legacy with { Template = legacy.Template! with { Legacy = Some.Legacy(The.Now) } }, ReasonCodes.LegacyReviewOverdue);
    }

    [Fact]
    public void R51_Every_template_takes_break_glass_for_the_instance_it_names_and_no_other()
    {
        var opened = Some.Facts() with { Approval = Some.Approval() with { Source = OwnSources.BreakGlass } };
        Assert.IsType<Decision.Granted>(PolicyRules.Decide(opened));
        Refused(opened with { Approval = opened.Approval! with { Instance = "pod-uid-2" } }, ReasonCodes.BindingMismatch);
        Refused(opened with { Controls = Some.Controls(Some.Freeze("template=orders-read")) }, ReasonCodes.Frozen);
    }

    private static void Refused(Facts facts, string code) => Assert.Equal(code, Assert.IsType<Decision.Refused>(PolicyRules.Decide(facts)).Code);
}
