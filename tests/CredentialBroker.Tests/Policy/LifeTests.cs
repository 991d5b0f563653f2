using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Policy;

public sealed class LifeTests
{
    [Theory]
    [InlineData(15, 240, 480, 15, Causes.Ttl)]
    [InlineData(15, 240, 10, 10, Causes.ApprovalEnd)]
    [InlineData(15, 240, 15, 15, Causes.ApprovalEnd)]
    [InlineData(15, 15, 480, 15, Causes.MaxTtl)]
    [InlineData(15, 12, 12, 12, Causes.ApprovalEnd)]
    public void A_claim_ends_at_the_earliest_bound_and_says_which(int ttl, int maxTtl, int approval, int ends, string because)
    {
        var granted = Decide(Some.Facts() with
        {
            Template = Some.Template() with { Ttl = ttl * The.Minute, MaxTtl = maxTtl * The.Minute },
            Approval = Some.Approval() with { ValidUntil = The.Now + (approval * The.Minute) },
        });
        Assert.Equal((The.Now + (ends * The.Minute), because), (granted.EndsAt, granted.EndsBecause));
        Assert.Equal(The.Now + (maxTtl * The.Minute), granted.MaxEndsAt);
    }

    [Fact]
    public void A_renewal_keeps_the_longest_life_of_its_lease()
    {
        var granted = Decide(ClauseTests.Renewal() with { Renews = Some.Lease() with { MaxEndsAt = The.Now + The.Minute } });
        Assert.Equal((The.Now + The.Minute, Causes.MaxTtl, The.Now + The.Minute), (granted.EndsAt, granted.EndsBecause, granted.MaxEndsAt));
    }

    [Fact]
    public void A_shorter_life_is_given_when_asked_for() => Assert.Equal(
        The.Now + The.Minute, Decide(Some.Facts() with { Ask = new Ask("orders-read", The.Minute, null, null) }).EndsAt);

    private static Decision.Granted Decide(Facts facts) => Assert.IsType<Decision.Granted>(PolicyRules.Decide(facts));
}
