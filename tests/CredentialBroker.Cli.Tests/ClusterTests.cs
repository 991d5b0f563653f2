using CredentialBroker.Cli.Tests.TestInfra;

namespace CredentialBroker.Cli.Tests;

/// <summary>A look at clusters.</summary>
public sealed class ClusterTests : CliTest
{
    [Fact]
    public async Task One_cluster_is_looked_at()
    {
        var ran = await SucceedAsync("cluster", "check", "prod-eu");
        Assert.Equal("/v1/clusters/prod-eu/check", Broker.Only.Target);
        Assert.Contains("prod-eu  server  yes  answers", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_are_looked_at_and_one_that_is_not_well_is_a_fault()
    {
        var ran = await RunAsync("cluster", "check", "--json");
        Assert.Equal(ExitCodes.Fault, ran.Code);
        Assert.Equal(["/v1/clusters", "/v1/clusters/prod-eu/check", "/v1/clusters/prod-us/check"], Broker.Requests.Select(r => r.Target));
        Assert.Contains("no mutating webhook", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_told()
    {
        Broker.Refuse("GET /v1/clusters/prod-eu/check", new Protocol.Problem { Title = "not found", Status = 404, Code = "not_found", Detail = "no cluster of this name is configured" });
        Assert.Equal(ExitCodes.Fault, (await RunAsync("cluster", "check", "prod-eu")).Code);
    }
}
