using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>Pods of several workloads, each with its own approval, and the claims that they send.</summary>
/// <param name="backend">The template's backend section; null for a signed token.</param>
internal sealed class ClaimingPods(Scene scene, string? backend = null)
{
    private const int Workloads = 20;
    private const int PodsOfEach = 400;
    private static readonly byte[] Body = [.. """{"template":"token"}"""u8];

    private readonly (string Account, string Pod)[] _pods =
        [.. Enumerable.Range(0, Workloads * PodsOfEach).Select(i => ($"service-{i % Workloads}", scene.NewPod()))];

    private int _claims;

    /// <summary>Activates the template and hands in every approval.</summary>
    public async Task PrepareAsync()
    {
        var workloads = string.Join(", ", Enumerable.Range(0, Workloads).Select(i => $"\"{UriOf($"service-{i}")}\""));
        var template = backend is null ? SceneFolder.Token(ttl: "15m", concurrent: 1000) : SceneFolder.Template("token", backend, ttl: "15m", concurrent: 1000);
        await scene.ActivateAsync(template.Replace($"\"{UriOf("checkout")}\"", workloads, StringComparison.Ordinal));
        await Parallel.ForEachAsync(_pods, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (pod, _) =>
        {
            var reply = await scene.ApproveAsync(scene.ApprovalOf(pod.Pod, "token", ("workload", (JsonNode)UriOf(pod.Account))));
            if ((int)reply.Status >= 300) throw new InvalidOperationException("an approval was not taken: " + reply.Body);
        });
    }

    /// <summary>Claims ready for the wire, each with a token and an idempotency key of its own.</summary>
    public byte[][] Claims(int count)
    {
        var claims = new byte[count][];
        var first = _claims;
        _claims += count;
        Parallel.For(0, count, i =>
        {
            var (account, pod) = _pods[(first + i) % _pods.Length];
            claims[i] = LoadClient.Request(
                "POST", "/v1/leases", Body, $"Authorization: Bearer {scene.Token(pod, account)}", $"Idempotency-Key: claim-{first + i}", "Content-Type: application/json");
        });
        return claims;
    }

    private static string UriOf(string account) => $"k8s://cluster/shop/{account}";
}
