using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>A look at a cluster, and nodes, whose rules only a broker of their own can show.</summary>
public sealed class ClusterCheckTests
{
    [Fact]
    public async Task R41_Each_way_in_which_a_cluster_may_not_ask_is_told_and_becomes_a_finding()
    {
        await using var rig = await ClusterRig.StartAsync();
        var whole = await CheckAsync(rig);
        Assert.True(whole.GetProperty("ok").GetBoolean(), whole.ToString());
        Assert.Equal(["cluster"], (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/clusters")).Json.GetProperty("clusters").EnumerateArray().Select(c => c.GetString()!));

        foreach (var (change, told) in (IEnumerable<(Action<JsonObject>, string)>)
        [
            (w => w["failurePolicy"] = "Ignore", "failurePolicy is not Fail"), (w => w["matchPolicy"] = "Exact", "matchPolicy"), (w => w["timeoutSeconds"] = 30, "timeoutSeconds"), (w => w["sideEffects"] = "Unknown", "sideEffects"),
            (w => w["objectSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["a"] = "b" } }, "objectSelector"), (w => w["matchConditions"] = new JsonArray(new JsonObject { ["name"] = "a" }), "matchConditions"),
            (w => ((JsonArray)w["rules"]!).RemoveAt(3), "not asked about CONNECT of pods/exec"), (w => w["clientConfig"]!["url"] = "https://broker.example/admission/other/validate", "no validating webhook"),
        ])
        {
            var configuration = ClusterRig.Webhooks("validating");
            change((JsonObject)configuration["webhooks"]![0]!);
            rig.StandIn.World.Put("validatingwebhookconfigurations", configuration);
            Assert.Contains(told, Wrong(await CheckAsync(rig), "webhooks"), StringComparison.Ordinal);
        }

        rig.StandIn.World.Put("validatingwebhookconfigurations", ClusterRig.Webhooks("validating"));
        rig.StandIn.Rights.TryRemove("watch /pods", out _);
        rig.StandIn.Rights["get /secrets"] = true;
        var rights = Wrong(await CheckAsync(rig), "rights");
        Assert.Contains("cannot watch pods", rights, StringComparison.Ordinal);
        Assert.Contains("can get secrets", rights, StringComparison.Ordinal);
        rig.StandIn.Down = true;
        Assert.Contains("503", Wrong(await CheckAsync(rig), "server"), StringComparison.Ordinal);
        Assert.Equal("not_found", (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/clusters/other/check")).Code);
        rig.StandIn.Down = false;
    }

    [Fact]
    public async Task R41_A_webhook_that_lets_pods_pass_is_found_without_being_asked_for()
    {
        // A replica that begins to watch looks at once.
        await using var rig = await ClusterRig.StartAsync(world: world => world.Change("mutatingwebhookconfigurations", "credential-broker", c => c["webhooks"]![0]!["failurePolicy"] = "Ignore"));
        await rig.FindingAsync("webhook", "failurePolicy is not Fail");
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("silent")]
    public async Task R21_What_ran_on_a_lost_node_loses_its_leases(string how)
    {
        await using var rig = await ClusterRig.StartAsync(configuration => configuration["Clusters"]!["cluster"]!["NodeGrace"] = "00:00:30");
        var lease = await rig.LeaseOfAsync(await rig.RunAsync());
        if (how == "deleted") rig.StandIn.World.Delete("nodes", "node-1");
        else
        {
            rig.StandIn.World.Change("nodes", "node-1", n => n["status"] = Ready("Unknown", TimeProvider.System.GetUtcNow().AddSeconds(-20)));
            Assert.Equal("active", (await rig.Broker.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
            rig.StandIn.World.Change("nodes", "node-1", n => n["status"] = Ready("True", TimeProvider.System.GetUtcNow()));
            rig.StandIn.World.Change("nodes", "node-1", n => n["status"] = Ready("Unknown", TimeProvider.System.GetUtcNow().AddSeconds(-31)));
        }

        Assert.Equal("workload_gone", (await rig.Broker.Scene.LeaseUntilAsync(lease, "ended")).GetProperty("endsBecause").GetString());
        await rig.FindingAsync("cluster_change", "node node-1");
    }

    private static JsonObject Ready(string status, DateTimeOffset since) => new()
    {
        ["conditions"] = new JsonArray(new JsonObject { ["type"] = "MemoryPressure", ["status"] = "False" }, new JsonObject { ["type"] = "Ready", ["status"] = status, ["lastTransitionTime"] = since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) }),
    };

    private static async Task<JsonElement> CheckAsync(ClusterRig rig) => (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/clusters/cluster/check")).Json;

    private static string Wrong(JsonElement report, string area) =>
        string.Join('\n', report.GetProperty("points").EnumerateArray().Where(p => p.GetProperty("area").GetString() == area && !p.GetProperty("ok").GetBoolean()).Select(p => p.GetProperty("detail").GetString()));
}
