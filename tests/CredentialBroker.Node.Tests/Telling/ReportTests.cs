using System.Net;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Tests.TestInfra;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Node.Tests.Telling;

/// <summary>What the broker makes of a host's word: its approvals count while it is heard and trusted, and no longer.</summary>
public sealed class ReportTests(QuietHost host) : IClassFixture<QuietHost>
{
    private static int _number;

    [Fact]
    public async Task R01_Approvals_of_a_host_count_while_it_is_heard_and_trusted()
    {
        await ForgetAsync();
        await RefusedAsync("host_silent");
        await HearAsync("untrusted", accepted: false);
        await RefusedAsync("host_untrusted");
        await HearAsync("excepted", accepted: true);
        Assert.Equal(HttpStatusCode.Accepted, (await host.ApproveAsync(NewContainer())).Status);
        await HearAsync("trusted", accepted: true);
        Assert.Equal(HttpStatusCode.Accepted, (await host.ApproveAsync(NewContainer())).Status);
        // An exception that the broker does not name, and one that is over.
        var other = host.Report("excepted");
        await TakenAsync(other with { Engine = other.Engine with { Exception = "another" } });
        await RefusedAsync("host_untrusted");
        await TakenAsync(other with { Id = $"{other.Id}x", Engine = other.Engine with { Until = TimeProvider.System.GetUtcNow().AddSeconds(-1) } });
        await RefusedAsync("host_untrusted");
        await TakenAsync(host.Report());
        await CommitAsync("UPDATE hosts SET heard_at = heard_at - 60000");
        await RefusedAsync("host_silent");
    }

    [Fact]
    public async Task R10_A_host_approves_what_runs_on_it_and_nothing_else()
    {
        await TakenAsync(host.Report());
        foreach (var workload in (string[])[$"docker://host-2/sha256:{new string('1', 64)}", "k8s://cluster/shop/checkout", "docker://host-10/x"])
        {
            var reply = await host.ApproveAsync(NewContainer(), workload);
            Assert.Equal("source_not_entitled", reply.Code);
        }
    }

    [Fact]
    public async Task R44_A_report_is_recorded_once_however_often_it_comes()
    {
        var container = NewContainer();
        var report = host.Report("trusted", new ContainerRecord("privileged_request", TimeProvider.System.GetUtcNow(), false, "ci", Container: container, Code: "host_resource_refused", Resources: ["privileged", "bind:/a:/b:ro"]));
        Assert.False((await TakenAsync(report)).GetProperty("known").GetBoolean());
        Assert.True((await TakenAsync(report)).GetProperty("known").GetBoolean());
        var both = await Task.WhenAll(host.ReportAsync(report with { Id = $"{report.Id}2" }), host.ReportAsync(report with { Id = $"{report.Id}2" }));
        Assert.All(both, reply => Assert.Equal(HttpStatusCode.Accepted, reply.Status));
        var lines = (await host.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit?type=container.privileged_request")).Body.Split('\n').Where(line => line.Contains(container, StringComparison.Ordinal));
        Assert.Equal(2, lines.Count());
    }

    [Fact]
    public async Task A_report_that_is_not_the_hosts_own_is_refused()
    {
        var report = host.Report();
        var signed = host.Key.Sign(NodeKey.Records, report.Id, TimeSpan.FromMinutes(5), ("report", System.Text.Json.JsonSerializer.SerializeToNode(report, CredentialBroker.Protocol.ProtocolJson.Default.HostReport)!));
        Assert.Equal("source_unknown", (await host.SendAsync(signed, "host-2")).Code);
        Assert.Equal("source_unknown", (await host.SendAsync(signed, "gate")).Code);
        Assert.Equal("evidence_signature", (await host.SendAsync(signed[..^8] + (signed.EndsWith("AAAAAAAA", StringComparison.Ordinal) ? "BBBBBBBB" : "AAAAAAAA"))).Code);
        // Signed by the host, for another purpose.
        Assert.Equal("evidence_header", (await host.SendAsync(host.Evidence(NewContainer()))).Code);
        Assert.Equal("evidence_header", (await host.Scene.ApproveAsync(signed, ExampleHost.Host)).Code);
        Assert.Equal("request_malformed", (await host.ReportAsync(report with { Engine = report.Engine with { Trust = "fully" } })).Code);
        Assert.Equal("request_malformed", (await host.ReportAsync(report with { Records = [new ContainerRecord("other", TimeProvider.System.GetUtcNow(), true, "ci")] })).Code);
        Assert.Equal("request_malformed", (await host.ReportAsync(report with { Records = [new ContainerRecord("refused", TimeProvider.System.GetUtcNow(), true, "c\u0007")] })).Code);
    }

    [Fact]
    public async Task R10_Evidence_of_a_host_proves_the_container_and_only_that()
    {
        await TakenAsync(host.Report());
        var container = NewContainer();
        Assert.Equal(HttpStatusCode.Accepted, (await host.ApproveAsync(container)).Status);
        var other = NewContainer();
        // Another container with the same image; an image that is not approved; another host's; a claim amiss.
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Scene.ClaimAsync(host.Evidence(other), ExampleHost.Template)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Scene.ClaimAsync(host.Evidence(container, ("image", $"sha256:{new string('2', 64)}")), ExampleHost.Template)).Status);
        foreach (var change in ((string, System.Text.Json.Nodes.JsonNode)[])[("host", "host-2"), ("container", other), ("image", "latest"), ("sub", "docker:host-1:x"), ("run", "first")])
        {
            Assert.Equal("evidence_claims", (await host.Scene.ClaimAsync(host.Evidence(container, change), ExampleHost.Template)).Code);
        }

        var granted = await host.Scene.ClaimAsync(host.Evidence(container), ExampleHost.Template);
        Assert.True(granted.Status == HttpStatusCode.Created, granted.Body);
        Assert.Equal("docker", granted.Json.GetProperty("lease").GetProperty("workload").GetString()!.Split(':')[0]);
    }

    private static string NewContainer() => Interlocked.Increment(ref _number).ToString("x64", System.Globalization.CultureInfo.InvariantCulture);

    private async Task RefusedAsync(string code)
    {
        var reply = await host.ApproveAsync(NewContainer());
        Assert.True(reply.Code == code, $"{reply.Status} {reply.Body}");
    }

    private async Task HearAsync(string trust, bool accepted) => Assert.Equal(accepted, (await TakenAsync(host.Report(trust))).GetProperty("accepted").GetBoolean());

    private async Task<System.Text.Json.JsonElement> TakenAsync(HostReport report)
    {
        var reply = await host.ReportAsync(report);
        Assert.True(reply.Status == HttpStatusCode.Accepted, reply.Body);
        return reply.Json;
    }

    private Task ForgetAsync() => CommitAsync("DELETE FROM hosts");

    private Task CommitAsync(string sql) => host.Broker.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite(sql));
}
