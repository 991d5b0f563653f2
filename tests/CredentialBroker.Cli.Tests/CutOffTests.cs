using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Tests;

public sealed class CutOffTests : CliTest
{
    private static readonly string[] Of = ["target", "cutoff", "prod", "--role", "arn:aws:iam::111122223333:role/orders", "--reason", "INC-77"];

    [Fact]
    public async Task A_dry_run_tells_what_would_be_hit_and_says_that_nothing_was_done()
    {
        var ran = await SucceedAsync([.. Of, "--before", "2030-01-31T12:00:00Z", "--dry-run"]);
        var sent = Broker.Only.Read(ProtocolJson.Default.CutOffRequest);
        Assert.Equal(("INC-77", true, The.Noon), (sent.Reason, sent.DryRun, sent.Before));
        Assert.Equal("/v1/targets/aws/prod/cutoff", Broker.Only.Target);
        Assert.Contains(The.LeaseId, ran.Out, StringComparison.Ordinal);
        Assert.Contains("leases spared  2\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("nothing was done", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_provider_did_not_confirm_is_not_all_dead()
    {
        var ran = await RunAsync(Of);
        Assert.Equal(5, ran.Code);
        Assert.Contains("IAM did not answer", ran.Out, StringComparison.Ordinal);
        Assert.False(Broker.Only.Read(ProtocolJson.Default.CutOffRequest).DryRun);
    }

    [Theory]
    [InlineData("--before", "soon")]
    [InlineData("--reason", " ")]
    public async Task What_is_not_in_order_is_not_sent(string option, string value)
    {
        Assert.Equal(2, (await RunAsync([.. Of.Where(arg => option != "--reason" || arg is not ("--reason" or "INC-77")), option, value])).Code);
        Assert.Empty(Broker.Requests);
    }
}
