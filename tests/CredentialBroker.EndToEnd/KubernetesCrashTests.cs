using CredentialBroker.Backends.Kubernetes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while a cluster's token is made or ended: no Secret stays that no live lease is for.</summary>
public sealed class KubernetesCrashTests
{
    [Fact]
    public Task R24_Nothing_is_orphaned_at_a_cluster_when_killed_while_issuing() => CrashPoints.EachAsync(CrashPoints.WhileIssuing, CrashPoints.ClaimAsync, RunAsync);

    [Fact]
    public Task R21_The_end_at_a_cluster_goes_on_when_killed_while_ending() => CrashPoints.EachAsync(CrashPoints.WhileEnding, CrashPoints.EndAsync, RunAsync);

    private static async Task RunAsync(string point, Func<BrokerProcess, string, Task<Reply>> scenario)
    {
        await using var rig = await KubernetesRig.StartAsync();
        var template = SceneFolder.Template("orders", $"{{ kubernetes: {{ target: main, namespace: {rig.Namespace}, serviceAccount: deployer }} }}", ttl: "15m");
        await CrashPoints.KilledAsync(
            point, template, rig.AddTo, scenario,
            () => rig.StandIn!.Locked(state => state.Secrets.Values.Select(secret => (string)secret["metadata"]!["labels"]![LeaseSecret.LeaseLabel]!).ToList()));
    }
}
