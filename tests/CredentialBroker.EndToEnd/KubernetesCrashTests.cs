using CredentialBroker.Backends.Kubernetes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while a cluster's token is made or ended: no Secret stays that no live lease is for.</summary>
public sealed class KubernetesCrashTests
{
    [Fact]
    public Task R24_Nothing_is_orphaned_at_a_cluster_when_killed_while_issuing() => RunAsync(scene => CrashRun.IssuingAsync(scene));

    [Fact]
    public Task R21_The_end_at_a_cluster_goes_on_when_killed_while_ending() => RunAsync(scene => CrashRun.EndingAsync(scene));

    private static async Task RunAsync(Func<CrashScene, Task> run)
    {
        await using var rig = await KubernetesRig.StartAsync();
        await run(new CrashScene(
            rig.AddTo, SceneFolder.Template("orders", $"{{ kubernetes: {{ target: main, namespace: {rig.Namespace}, serviceAccount: deployer }} }}", ttl: "15m"),
            () => rig.StandIn!.Locked(state => state.Secrets.Values.Select(secret => (string)secret["metadata"]!["labels"]![LeaseSecret.LeaseLabel]!).ToList())));
    }
}
