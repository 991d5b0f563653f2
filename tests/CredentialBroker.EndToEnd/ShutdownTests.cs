using System.Diagnostics;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

public sealed class ShutdownTests
{
    [Fact]
    public async Task A_broker_that_is_told_to_stop_ends_in_order_and_the_next_one_goes_on()
    {
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port);
        string lease;
        await using (var first = await BrokerProcess.StartAsync(folder, port))
        {
            await first.Scene.ActivateAsync(SceneFolder.Token("short", ttl: "3s", maxTtl: "10s"));
            var pod = first.Scene.NewPod();
            await first.Scene.ApproveAsync(first.Scene.ApprovalOf(pod, "short"));
            lease = (await first.Scene.ClaimAsync(first.Scene.Token(pod), "short")).Json.GetProperty("lease").GetProperty("id").GetString()!;
            using var kill = Process.Start("kill", ["-TERM", first.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            Assert.True(await first.ExitAsync() == 0, first.Said);
        }

        await using var second = await BrokerProcess.StartAsync(folder, port);
        Assert.Equal("ttl", (await second.Scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
    }

    [Fact]
    public async Task Check_reports_every_mistake_at_once_and_exits_non_zero()
    {
        using var folder = new SceneFolder();
        folder.Write(8200, change: configuration =>
        {
            configuration["Hosting"]!["Listen"] = "http://0.0.0.0:8200";
            configuration["Hosting"]!["Lisen"] = "x";
            configuration["Limits"] = new System.Text.Json.Nodes.JsonObject { ["TtlCeiling"] = "10:00:00" };
            configuration["Policy"] = new System.Text.Json.Nodes.JsonObject { ["OnError"] = "allow" };
            configuration["TrustSources"]!["Workloads"]!["cluster"]!["Owners"] = null;
        });
        var (code, said) = await BrokerProcess.RunAsync("check", "--config", folder.ConfigurationFile);
        Assert.Equal(2, code);
        foreach (var path in new[] { "Hosting:Listen:", "Hosting:Lisen:", "Limits:TtlCeiling:", "Policy:OnError:", "TrustSources:Workloads:cluster:Owners" })
        {
            Assert.Contains(path, said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Check_says_when_all_holds()
    {
        using var folder = new SceneFolder();
        folder.Write(8200);
        Assert.Equal(0, (await BrokerProcess.RunAsync("check", "--config", folder.ConfigurationFile)).Code);
    }
}
