using System.Net;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Controls;

/// <summary>A store that came back from a backup: nothing is ended by itself until somebody looked.</summary>
public sealed class AfterRestoreTests
{
    [Fact]
    public async Task A_store_older_than_the_marker_is_held_once_and_told_and_a_person_still_revokes()
    {
        using var folder = new SceneFolder();
        var marker = Path.Combine(folder.Path, "marker");
        string lease, revoked;
        await using (var before = await Brokers.StartAsync(change: c => c["Storage"]!["MarkerFile"] = marker, beside: folder))
        {
            Assert.Empty((await before.Get<ControlStore>().ReadAsync(default)).Holds);
            await before.Scene.ActivateAsync(SceneFolder.Token("short", ttl: "2s", maxTtl: "10s", concurrent: 2));
            await before.Scene.ActivateAsync(SceneFolder.Token());
            (lease, revoked) = (await LeaseAsync(before.Scene, "short"), await LeaseAsync(before.Scene, "token"));
            await before.Get<AfterRestore>().MarkAsync(default);
        }

        // The store is as it was; what was seen of it is not.
        File.WriteAllText(marker, (long.Parse(File.ReadAllText(marker), null) + 3_600_000).ToString(System.Globalization.CultureInfo.InvariantCulture));
        await using (var restored = await Brokers.StartAsync(change: c => c["Storage"]!["MarkerFile"] = marker, beside: folder))
        {
            var hold = Assert.Single((await restored.Get<ControlStore>().ReadAsync(default)).Holds);
            Assert.Equal((ControlStore.All, AfterRestore.By), (hold.SelectorText, hold.By));
            Assert.InRange(hold.ExpiresAt - hold.At, 86_399_000, 86_400_000);
            Assert.Contains("older than the last one seen here", hold.Reason, StringComparison.Ordinal);

            Assert.Equal(HttpStatusCode.Accepted, (await restored.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{revoked}?reason=drill")).Status);
            await restored.Scene.LeaseUntilAsync(revoked, "ended");
            await Task.Delay(2500);
            Assert.NotEqual("ended", (await restored.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        }

        await using var again = await Brokers.StartAsync(change: c => c["Storage"]!["MarkerFile"] = marker, beside: folder);
        var once = Assert.Single((await again.Get<ControlStore>().ReadAsync(default)).Holds);
        await again.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/holds/{once.Id}");
        await again.Scene.LeaseUntilAsync(lease, "ended");
    }

    [Fact]
    public async Task An_operator_may_say_that_the_store_was_restored()
    {
        using var folder = new SceneFolder();
        var configuration = Configuration.ConfigurationReader.Sources(folder.Write(LoopbackPorts.FindFree()));
        await using var broker = BrokerHost.Build(Configuration.ConfigurationReader.Read(configuration, TimeProvider.System).Options, configuration);
        await broker.StartAsync(default, afterRestore: true);
        var controls = (ControlStore)broker.Services.GetService(typeof(ControlStore))!;
        Assert.Equal("started with --after-restore", Assert.Single((await controls.ReadAsync(default)).Holds).Reason);
    }

    [Fact]
    public async Task A_damaged_marker_stops_the_start()
    {
        using var folder = new SceneFolder();
        var marker = Path.Combine(folder.Path, "marker");
        File.WriteAllText(marker, "?");
        var told = await Assert.ThrowsAsync<InvalidOperationException>(() => Brokers.StartAsync(change: c => c["Storage"]!["MarkerFile"] = marker, beside: folder));
        Assert.Contains("--after-restore", told.Message, StringComparison.Ordinal);
    }

    private static async Task<string> LeaseAsync(Scene scene, string template)
    {
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, template));
        return (await scene.ClaimAsync(scene.Token(pod), template)).Json.GetProperty("lease").GetProperty("id").GetString()!;
    }
}
