using CredentialBroker.Issuance;

namespace CredentialBroker.Tests.Issuance;

/// <summary>What may cover a fault of external policy: a named, dated word of two people, and nothing else.</summary>
public sealed class RiskAcceptanceTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    private static readonly RiskAcceptance Holds = new()
    {
        Templates = ["orders-read"], Owner = "team-shop", RequestedBy = "alice", ApprovedBy = "bob", Reason = "INC-77", From = Now.AddDays(-1), Until = Now.AddDays(1),
    };

    [Theory]
    [InlineData("allow")]
    [InlineData("Allow")]
    [InlineData("nobody-wrote-this")]
    [InlineData("")]
    public void R02_There_is_no_switch_that_allows_on_error(string onError) =>
        Assert.Contains(new ExternalPolicyOptions { OnError = onError }.Validate(Clock), m => m.StartsWith("Policy:OnError", StringComparison.Ordinal));

    [Fact]
    public void R03_An_acceptance_is_named_dated_and_of_a_second_person()
    {
        Assert.Null(Holds.Fault(Now));
        Assert.Empty(Options(Holds).Validate(Clock));
        Assert.NotNull((Holds with { Until = Now }).Fault(Now));
        Assert.NotNull((Holds with { From = Now.AddMinutes(1) }).Fault(Now));
        Assert.NotNull((Holds with { ApprovedBy = "Alice" }).Fault(Now));
        Assert.NotNull((Holds with { Until = Holds.From.AddDays(31) }).Fault(Now));
        foreach (var unfit in new[] { Holds with { Templates = [] }, Holds with { Owner = "" }, Holds with { Reason = " " }, Holds with { ApprovedBy = "alice" }, Holds with { Until = Now.AddSeconds(-1) } })
        {
            Assert.NotEmpty(Options(unfit).Validate(Clock));
        }
    }

    private static TestInfra.FakeClock Clock => new(Now);

    private static ExternalPolicyOptions Options(RiskAcceptance acceptance) =>
        new() { OnError = "outage", RiskAcceptances = new Dictionary<string, RiskAcceptance> { ["outage"] = acceptance } };
}
