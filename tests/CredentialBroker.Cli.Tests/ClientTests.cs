using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Cli.Tests;

/// <summary>What the client does that no command shows.</summary>
public sealed class ClientTests : CliTest
{
    [Fact]
    public async Task Introspection_is_a_form()
    {
        using var http = Http();
        var answer = await new BrokerClient(http, The.Token).IntrospectAsync("a+b&c");
        Assert.True(answer.GetProperty("active").GetBoolean());
        Assert.Equal("token=a%2Bb%26c", Broker.Only.Text);
    }

    [Fact]
    public async Task A_replica_that_is_not_ready_answers_all_the_same()
    {
        using var http = Http();
        var client = new BrokerClient(http);
        Assert.Equal("ready", (await client.GetHealthAsync()).Status);
        Broker.Next("GET /healthz/ready", 503, new HealthView("unavailable"), ProtocolJson.Default.HealthView);
        Assert.Equal("unavailable", (await client.GetHealthAsync()).Status);
    }

    [Fact]
    public async Task A_problem_is_carried_whole()
    {
        Broker.Refuse("POST /v1/leases", The.Problem(403, ReasonCodes.Frozen) with { Decision = "d" }, retryAfter: "3");
        using var http = Http();
        var error = await Assert.ThrowsAsync<BrokerException>(() => new BrokerClient(http).ClaimLeaseAsync(new ClaimRequest("t"), "k"));
        Assert.Equal((403, ReasonCodes.Frozen, "d", TimeSpan.FromSeconds(3)), ((int)error.Status, error.Problem!.Code, error.Problem.Decision, error.RetryAfter));
    }

    [Fact]
    public async Task A_slow_broker_is_unreachable_and_a_cancelled_wait_is_cancelled()
    {
        for (var i = 0; i < 2; i++) Broker.Next("GET /v1/freezes", http => Task.Delay(TimeSpan.FromSeconds(20), http.RequestAborted));
        using var impatient = Http();
        impatient.Timeout = TimeSpan.FromMilliseconds(200);
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => new BrokerClient(impatient).ListFreezesAsync());
        using var http = Http();
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new BrokerClient(http).ListFreezesAsync(cancel.Token));
    }

    [Fact]
    public async Task Audit_that_falls_silent_is_unreachable()
    {
        Broker.Next("GET /v1/audit", async http =>
        {
            await Contract.NdjsonAsync(http, Chains.Ndjson(Chains.Of(2)));
            await http.Response.Body.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(20), http.RequestAborted);
        });
        using var impatient = Http();
        impatient.Timeout = TimeSpan.FromMilliseconds(300);
        var seen = 0;
        await Assert.ThrowsAsync<BrokerUnreachableException>(async () =>
        {
            await foreach (var _ in new BrokerClient(impatient).ReadAuditAsync(new AuditFilter())) seen++;
        });
        Assert.Equal(2, seen);
    }

    [Fact]
    public async Task A_transport_that_follows_redirects_is_found_out()
    {
        Broker.Next("GET /v1/freezes", http =>
        {
            http.Response.Redirect("/v1/holds");
            return Task.CompletedTask;
        });
        using var http = new HttpClient { BaseAddress = Broker.Address };
        await Assert.ThrowsAsync<InvalidOperationException>(() => new BrokerClient(http).ListFreezesAsync());
    }

    /// <summary>Nulls are left out when written, so no member that may be null may be required when read.</summary>
    [Fact]
    public void Whatever_is_written_can_be_read_back()
    {
        var types = typeof(ProtocolJson).GetCustomAttributesData()
            .Where(a => a.AttributeType == typeof(System.Text.Json.Serialization.JsonSerializableAttribute))
            .Select(a => ProtocolJson.Default.GetTypeInfo((Type)a.ConstructorArguments[0].Value!)!);
        var bad = types.SelectMany(t => t.Properties.Where(p => p.IsRequired && p.IsSetNullable).Select(p => $"{t.Type.Name}.{p.Name}"));
        Assert.Empty(bad);
    }

    private HttpClient Http() => new(BrokerHttp.Handler(Broker.Address)) { BaseAddress = Broker.Address };
}
