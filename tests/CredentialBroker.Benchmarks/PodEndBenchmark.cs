using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;
using CredentialBroker.Storage;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// A thousand pods that hold a lease each, and end: one after the other, and then all that are left at once. What is measured
/// is the time from the event at the API server to the lease's confirmed end.
/// </summary>
internal static class PodEndBenchmark
{
    private const int Pods = 1000, OneByOne = 500, PerSecond = 50;
    private const double BarSeconds = 2;

    public static async Task<MarkdownTable> RunAsync()
    {
        await using var cluster = await GatedCluster.StartAsync();
        var running = new ConcurrentBag<(string Lease, string Pod)>();
        await Parallel.ForAsync(0, Pods, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => running.Add(await RunPodAsync(cluster, $"pod-{i}")));
        var all = running.ToArray();
        var table = new MarkdownTable("ends", "pods", "p50 s", "p99 s", "worst s", "bar (p99)");
        await MeasureAsync(cluster, table, string.Create(CultureInfo.InvariantCulture, $"{PerSecond} a second"), all[..OneByOne], TimeSpan.FromSeconds(1.0 / PerSecond));
        await MeasureAsync(cluster, table, "all at once", all[OneByOne..], TimeSpan.Zero);
        return table;
    }

    private static async Task<(string Lease, string Pod)> RunPodAsync(GatedCluster cluster, string name)
    {
        var pod = await cluster.MarkAsync(name);
        await cluster.AskAsync("validate", ClusterShapes.ReviewOf("CREATE", "pods", "Pod", pod));
        var stored = (JsonObject)pod.DeepClone();
        stored["spec"]!["nodeName"] = "node-1";
        stored["status"] = new JsonObject { ["phase"] = "Running" };
        cluster.StandIn.World.Put("pods", stored);
        var token = cluster.Broker.Scene.Cluster.PodToken("shop", "checkout", (string)pod["metadata"]!["uid"]!, null, name);
        while (true)
        {
            var reply = await cluster.Broker.Scene.ClaimAsync(token, "token");
            if (reply.Status == System.Net.HttpStatusCode.Created) return (reply.Json.GetProperty("lease").GetProperty("id").GetString()!, $"shop/{name}");
            if ((int)reply.Status != 425) throw new InvalidOperationException(reply.Body);
            await Task.Delay(50);
        }
    }

    private static async Task MeasureAsync(GatedCluster cluster, MarkdownTable table, string how, (string Lease, string Pod)[] pods, TimeSpan gap)
    {
        var gone = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (lease, pod) in pods)
        {
            gone[lease] = TimeProvider.System.NowMs();
            cluster.StandIn.World.Delete("pods", pod);
            if (gap > TimeSpan.Zero) await Task.Delay(gap);
        }

        for (var i = 0; ; i++)
        {
            var ended = await cluster.Rows.Store.ListAsync(Pool.Control, new Statement("SELECT id, ended_at FROM ended_leases"), row => (Id: row.GetString(0), At: row.GetInt64(1)), default);
            var late = ended.Where(lease => gone.ContainsKey(lease.Id)).Select(lease => (lease.At - gone[lease.Id]) / 1000.0).ToList();
            if (late.Count == pods.Length)
            {
                table.Row(how, pods.Length, Measurement.Median(late), Measurement.Percentile(late, 0.99), late.Max(), $"< {BarSeconds:0} s");
                return;
            }

            if (i > 600) throw new TimeoutException($"{late.Count} of {pods.Length} leases were ended.");
            await Task.Delay(100);
        }
    }
}
