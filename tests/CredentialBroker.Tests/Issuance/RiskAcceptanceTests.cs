using CredentialBroker.Issuance;

namespace CredentialBroker.Tests.Issuance;

/// <summary>What may cover a fault of external policy: the name of a record of two people, and nothing else.</summary>
public sealed class RiskAcceptanceTests
{
    [Theory]
    [InlineData("allow")]
    [InlineData("Allow")]
    [InlineData("Deny")]
    [InlineData("outage")]
    [InlineData("risk:")]
    [InlineData("risk:Two Words")]
    [InlineData("Risk:outage")]
    [InlineData("")]
    public void R02_There_is_no_switch_that_allows_on_error(string onError) =>
        Assert.Contains(new ExternalPolicyOptions { OnError = onError }.Validate(), m => m.StartsWith("Policy:OnError", StringComparison.Ordinal));

    [Theory]
    [InlineData("deny", null)]
    [InlineData("risk:outage", "outage")]
    public void R03_Configuration_names_a_record_and_holds_none(string onError, string? acceptance)
    {
        var options = new ExternalPolicyOptions { OnError = onError };
        Assert.Empty(options.Validate());
        Assert.Equal(acceptance, options.Acceptance);
    }
}
