using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Hosting;

/// <summary>What is sent to a collector, and that nothing is where none is named.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task A_claim_and_its_end_are_traces_of_the_numbered_steps()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        const string caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        string lease, credential, evidence;
        await using (var broker = await StartAsync(collector))
        {
            var scene = broker.Scene;
            await scene.ActivateAsync(SceneFolder.Token());
            var pod = scene.NewPod();
            await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
            evidence = scene.Token(pod);
            var claimed = await scene.SendAsync(HttpMethod.Post, "/v1/leases", evidence, new StringContent("""{"template":"token"}""", System.Text.Encoding.UTF8, "application/json"),
                ("Idempotency-Key", "k1"), ("traceparent", caller), ("tracestate", $"x={evidence[^40..]}"), ("baggage", $"y={evidence[^40..]}"));
            lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
            credential = claimed.Json.GetProperty("credential").GetProperty("token").GetString()!;
            await scene.ClaimAsync(scene.Token(scene.NewPod()), "token");
            await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}");
            await scene.LeaseUntilAsync(lease, "ended");
        }

        Assert.Empty(collector.Faults);
        var claim = Assert.Single(collector.Spans, s => s.Name == "claim" && s.Tags.GetValueOrDefault("lease") == lease);
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "ok"), (claim.Trace, claim.Parent, claim.Tags["code"]));
        Assert.Contains("decision", claim.Events);
        var steps = collector.Spans.Where(s => s.Trace == claim.Trace && s.Parent == claim.Id).Select(s => s.Name);
        Assert.Equal(["attest", "backend mint", "facts", "intent"], steps.Order(StringComparer.Ordinal));
        Assert.Contains("binding_mismatch with its decision", collector.Spans.Where(s => s.Name == "claim" && s.Tags.ContainsKey("decision")).Select(s => s.Tags["code"] + " with its decision"));
        var end = Assert.Single(collector.Spans, s => s.Name == "end" && s.Tags["lease"] == lease);
        Assert.Equal(["backend end", "record end"], collector.Spans.Where(s => s.Parent == end.Id).Select(s => s.Name).Order(StringComparer.Ordinal));

        foreach (var metric in new[] { "credbroker.decisions", "credbroker.backend.duration", "credbroker.approvals.accepted", "credbroker.leases.overdue" })
        {
            Assert.Contains(metric, collector.Metrics.Keys);
        }

        Assert.Equal(("histogram", "sum", "gauge"), (collector.Metrics["credbroker.backend.duration"], collector.Metrics["credbroker.decisions"], collector.Metrics["credbroker.leases.stuck"]));
        Assert.Contains(collector.Logs, line => line.StartsWith("A bootstrap operator token was written", StringComparison.Ordinal));
        Assert.Equal("test-broker", collector.Resource["service.name"]);
        foreach (var secret in new[] { evidence[^40..], credential.Split('.')[^1] })
        {
            Assert.DoesNotContain(collector.Bodies, body => System.Text.Encoding.Latin1.GetString(body).Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Without_an_endpoint_nothing_is_made()
    {
        await using var broker = await Brokers.StartAsync();
        Assert.Null(broker.Host.Services.GetService(typeof(CredentialBroker.Hosting.Telemetry.OtlpExport)));
    }

    [Theory]
    [InlineData("OtlpEndpoint", "collector:4318")]
    [InlineData("OtlpEndpoint", "http://user:pass@127.0.0.1:4318")]
    [InlineData("OtlpProtocol", "http/json")]
    [InlineData("HeadersFile", "/no/such/file")]
    [InlineData("TraceRatio", "1.5")]
    [InlineData("MetricInterval", "00:00:00.5")]
    public void A_mistake_is_told_with_its_key(string key, string value)
    {
        using var folder = new SceneFolder();
        var file = folder.Write(8200, change: c => c["Telemetry"] = new JsonObject { [key] = value });
        var (_, mistakes) = CredentialBroker.Configuration.ConfigurationReader.Read(CredentialBroker.Configuration.ConfigurationReader.Sources(file), TimeProvider.System);
        Assert.StartsWith($"Telemetry:{key}:", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    private static Task<RunningBroker> StartAsync(OtlpReceiver collector) => Brokers.StartAsync(change: c =>
        c["Telemetry"] = new JsonObject { ["OtlpEndpoint"] = collector.Address, ["ServiceName"] = "test-broker", ["MetricInterval"] = "00:00:01" });
}
