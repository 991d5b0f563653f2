using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Cli.Tests;

/// <summary>Exposures are reported without a secret on the command line; identities are reviewed in a pipeline; reach is looked at.</summary>
public sealed class ReviewCommandTests : CliTest
{
    [Fact]
    public async Task R70_A_secret_is_read_from_a_file_and_never_from_the_command_line()
    {
        var ran = await SucceedAsync("exposure", "report", Write("found.txt", "hunter2\n"), "--reason", "INC-77", "--found-in", "build 4711");
        Assert.Equal("""{"reason":"INC-77","foundIn":"build 4711","secret":"hunter2\n"}""", Broker.Only.Text);
        Assert.Contains("dead after  1.2 s", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", ran.Out + ran.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("exposure", "report", "--reason", "INC-77")).Code);
        Assert.Equal(2, (await RunAsync("exposure", "report", "--reason", "INC-77", "--lease", The.LeaseId, "--selector", "pod=p")).Code);
    }

    [Fact]
    public async Task R70_What_is_of_no_lease_exits_with_one_and_what_is_not_dead_with_five()
    {
        Broker.Next("POST /v1/exposures", 202, The.Exposure with { Known = false, Leases = 0, DeadAt = null, DeadAfterMs = null }, ProtocolJson.Default.ExposureView);
        Assert.Equal(1, (await RunAsync("exposure", "report", "--lease", The.LeaseId, "--reason", "INC-77")).Code);
        Broker.Next($"GET /v1/exposures/{The.LeaseId}", 200, The.Exposure with { DeadAt = null, DeadAfterMs = null }, ProtocolJson.Default.ExposureView);
        Assert.Equal(5, (await RunAsync("exposure", "show", The.LeaseId)).Code);
        Assert.Contains("dead after 1.2 s on average", (await SucceedAsync("exposure", "list")).Error, StringComparison.Ordinal);
        Assert.Contains("falco:critical:Terminal shell in container", (await SucceedAsync("alarms")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CheckView.Pass, false, 0), InlineData(CheckView.Unknown, false, 0), InlineData(CheckView.Unknown, true, 3), InlineData(CheckView.Fail, false, 3)]
    public async Task R57_A_pipeline_stops_at_what_fails(string result, bool strict, int code)
    {
        var check = new CheckView("bounded", result, ["secret shop/db in volume s: no end"], result == CheckView.Pass ? [] : ["secret shop/db is no lease"]);
        Broker.Next("POST /v1/reviews/identity", 200, new IdentityReviewList([The.Review with { Result = result, Checks = [check] }]), ProtocolJson.Default.IdentityReviewList);
        string[] asked = ["review", "identity", "--cluster", "prod-eu", "-f", Write("a.yaml", "a: 1\n"), Write("b.yaml", "b: 2\n"), .. strict ? ["--strict"] : Array.Empty<string>()];
        var ran = await RunAsync(asked);
        Assert.Equal(code, ran.Code);
        Assert.Equal("a: 1\n\n---\nb: 2\n", Broker.Only.Text);
        Assert.Contains($"{result.ToUpperInvariant(),-7}  bounded\n         secret shop/db in volume s: no end\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reviews_are_listed_and_decided_on()
    {
        Assert.Contains("k8s://prod-eu/shop/checkout", (await SucceedAsync("review", "list")).Out, StringComparison.Ordinal);
        await SucceedAsync("review", "accept", The.LeaseId, "--note", "looked at");
        await SucceedAsync("review", "refuse", The.LeaseId, "--note", "too wide");
        Assert.Equal(["""{"accept":true,"note":"looked at"}""", """{"accept":false,"note":"too wide"}"""], Broker.Requests.Where(request => request.Text.Length > 0).Select(request => request.Text));
    }

    [Fact]
    public async Task R30_What_could_be_reached_is_told_and_taken_home()
    {
        var ran = await SucceedAsync("review", "blast-radius", "node=node-1", "--since", "72h");
        Assert.Contains("orders_reader", ran.Out, StringComparison.Ordinal);
        Assert.Contains("40 instances hold 6000 live leases", ran.Error, StringComparison.Ordinal);
        Assert.Contains("privileges are those of the newest 5000 leases", ran.Error, StringComparison.Ordinal);
        Assert.Equal("# Blast radius\n", (await SucceedAsync("review", "blast-radius", "node=node-1", "--markdown")).Out);
    }
}
