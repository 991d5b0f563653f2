using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Tests;

/// <summary>Exceptions, risk acceptances, break-glass and what a second person does to templates.</summary>
public sealed class ExceptionCommandTests : CliTest
{
    private static readonly string[] Request = ["-t", "orders-read", "-t", "orders-write", "--for", "8h", "--reason", "slow migration", "--ticket", "INC-77", "--owners", "a,b,c"];

    [Fact]
    public async Task An_exception_is_asked_for_with_all_that_it_needs()
    {
        var ran = await SucceedAsync(["exception", "request", .. Request, "--ttl", "30m", "--concurrent-leases", "4", "-s", "namespace=shop"]);
        var sent = Broker.Only.Read(ProtocolJson.Default.ExceptionRequest);
        Assert.Equal(("30m", 4, false), (sent.May.Ttl, sent.May.ConcurrentLeases, sent.May.FirstClaimBinding));
        Assert.Equal(["orders-read", "orders-write"], sent.Templates);
        Assert.Equal((new Owners("a", "b", "c"), "8h", "namespace=shop"), (sent.Owners, sent.For, sent.Selector));
        Assert.Contains("waiting for a second person: credbroker exception approve", ran.Error, StringComparison.Ordinal);
        Assert.Contains("may          ttl 30m, concurrentLeases 4\n", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--owners", "a,b")]
    [InlineData("--owners", "a,,c")]
    [InlineData("--for", "soon")]
    [InlineData("--selector", "nonsense")]
    public async Task A_request_that_is_not_in_order_is_not_sent(string option, string value)
    {
        var args = Request.ToList();
        if (args.IndexOf(option) is >= 0 and var at) args[at + 1] = value;
        else args.AddRange([option, value]);
        Assert.Equal(2, (await RunAsync(["exception", "request", .. args, "--ttl", "30m"])).Code);
        Assert.Empty(Broker.Requests);
    }

    [Theory]
    [InlineData("exception", "/v1/exceptions")]
    [InlineData("risk", "/v1/risk-acceptances")]
    [InlineData("breakglass", "/v1/breakglass")]
    public async Task Records_are_listed_shown_and_ended(string word, string path)
    {
        Assert.Contains("INC-77", (await SucceedAsync(word, "list")).Out, StringComparison.Ordinal);
        Assert.Contains("\"items\": [", (await SucceedAsync(word, "list", "--json")).Out, StringComparison.Ordinal);
        Assert.Contains("approved by  bob\n", (await SucceedAsync(word, "show", "x")).Out, StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"exception\"", (await SucceedAsync(word, "end", "x", "--reason", "all done", "--json")).Out, StringComparison.Ordinal);
        Assert.Equal([path, path, $"{path}/x", $"{path}/x?reason=all%20done"], Broker.Requests.Select(r => r.Target));
    }

    [Fact]
    public async Task A_second_person_approves_and_one_person_is_denied()
    {
        Assert.Contains("credbroker risk end", (await SucceedAsync("risk", "approve", "x")).Error, StringComparison.Ordinal);
        Broker.Refuse("POST /v1/exceptions/x/approve", The.Problem(403, ReasonCodes.SelfApproval, "this takes another person"));
        Assert.Equal(3, (await RunAsync("exception", "approve", "x")).Code);
    }

    [Fact]
    public async Task A_risk_acceptance_has_a_name()
    {
        await SucceedAsync(["risk", "request", "outage", .. Request]);
        Assert.Equal("outage", Broker.Only.Read(ProtocolJson.Default.RiskAcceptanceRequest).Name);
    }

    [Fact]
    public async Task Break_glass_is_opened_and_reviewed()
    {
        await SucceedAsync("breakglass", "open", "orders-read", "--workload", "k8s://prod-eu/shop/checkout", "--instance", "7f0c", "--reason", "INC-77", "--for", "30m");
        var opened = Broker.Only.Read(ProtocolJson.Default.BreakGlassRequest);
        Assert.Equal(("orders-read", "7f0c", "30m"), (opened.Template, opened.Instance, opened.For));
        await SucceedAsync("breakglass", "review", "x", "--note", "nobody knows why", "--not-justified");
        Assert.False(Broker.Requests.Last().Read(ProtocolJson.Default.ReviewRequest).Justified);
        Assert.Equal(2, (await RunAsync("breakglass", "review", "x")).Code);
    }

    [Fact]
    public async Task A_template_waits_for_a_second_person()
    {
        Broker.Next("PUT /v1/templates", 202, The.Candidate, ProtocolJson.Default.TemplateView);
        var ran = await SucceedAsync("template", "apply", Write("a.yaml", The.Yaml));
        Assert.Contains("is waiting for a second person: credbroker template activate orders-read r1", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("activated orders-read", ran.Error, StringComparison.Ordinal);
        Assert.Contains("bob", (await SucceedAsync("template", "candidates")).Out, StringComparison.Ordinal);
        Assert.Contains("written by bob", (await SucceedAsync("template", "activate", "orders-read", "r1")).Error, StringComparison.Ordinal);
        Assert.Equal("/v1/templates/orders-read/revisions/r1/activate", Broker.Requests.Last().Target);
    }
}
