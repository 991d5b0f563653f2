using CredentialBroker.Cli.Tests.TestInfra;

namespace CredentialBroker.Cli.Tests;

/// <summary>The broker's own keys.</summary>
public sealed class KeyTests : CliTest
{
    [Fact]
    public async Task Keys_are_listed()
    {
        var ran = await SucceedAsync("key", "list");
        Assert.Equal("/v1/keys", Broker.Only.Target);
        Assert.Contains("workload  signing  2030-01-31T12:00:00Z  -", ran.Out, StringComparison.Ordinal);
        Assert.Contains("\"keys\": [", (await SucceedAsync("key", "list", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_is_made_and_it_is_told_when_it_signs()
    {
        var ran = await SucceedAsync("key", "rotate", "workload");
        Assert.Equal(("POST", "/v1/keys/rotate?purpose=workload"), (Broker.Only.Method, Broker.Only.Target));
        Assert.Contains("it signs from 2030-01-31T12:00:00Z", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_dropping_a_lost_key_means_is_told()
    {
        var ran = await SucceedAsync("key", "rotate", "workload", "--at-once");
        Assert.Equal("/v1/keys/rotate?purpose=workload&atOnce=true", Broker.Only.Target);
        Assert.Contains("5 minutes", ran.Error, StringComparison.Ordinal);
    }
}
