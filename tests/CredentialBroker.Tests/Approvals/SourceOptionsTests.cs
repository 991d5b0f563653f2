using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

public sealed class SourceOptionsTests
{
    private const string Path = "TrustSources:Approvals:prod-eu";

    [Fact]
    public void A_whole_source_has_no_mistakes() => Assert.Empty(Whole().Validate(Path));

    /// <summary>R39: a source without owners is refused, each missing one by name.</summary>
    [Fact]
    public void R39_owners_are_required()
    {
        Assert.Equal(
            [$"{Path}:Owners:Policy: required; name the accountable party"],
            (Whole() with { Owners = new Owners("a", " ", "c") }).Validate(Path));
        Assert.Equal(3, (Whole() with { Owners = null }).Validate(Path).Count());
    }

    [Fact]
    public void Every_mistake_is_told_at_once()
    {
        var mistakes = new ApprovalSourceOptions
        {
            JwksUrl = "http://keys.example",
            Algorithms = ["HS256", "none"],
            Templates = ["*", "Orders", "orders-*"],
            Binding = "loose",
            MaxTier = "sovereign",
            MaxValidity = TimeSpan.FromHours(25),
            ClaimWindow = TimeSpan.FromMinutes(16),
        }.Validate("TrustSources:Approvals:Prod EU").ToList();
        Assert.Equal(16, mistakes.Count);
        foreach (var member in new[] { "Issuer", "Audience", "JwksUrl", "'HS256'", "'none'", "Runtime", "Policy", "Operator", "Environments", "'*'", "'Orders'", "Binding", "MaxTier", "MaxValidity", "ClaimWindow" })
        {
            Assert.Contains(mistakes, m => m.Contains(member, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("critical", 1)]
    [InlineData("standard", 0)]
    public void First_claim_may_not_have_critical(string? tier, int mistakes) =>
        Assert.Equal(mistakes, (Whole() with { Binding = "firstClaim", MaxTier = tier }).Validate(Path).Count());

    [Theory]
    [InlineData("orders-read", true)]
    [InlineData("orders-readx", false)]
    [InlineData("reports-daily", true)]
    [InlineData("reports-", false)]
    [InlineData("reportsdaily", false)]
    public void Templates_are_exact_or_begin_so(string template, bool allowed) =>
        Assert.Equal(allowed, new ApprovalSource("prod-eu", Whole()).MayApprove(template));

    private static ApprovalSourceOptions Whole() => new()
    {
        Issuer = "https://admission.example",
        Audience = "https://broker.example",
        JwksUrl = "https://admission.example/keys",
        Environments = ["prod"],
        Templates = ["orders-read", "reports-*"],
        Owners = new Owners("a", "b", "c"),
    };
}
