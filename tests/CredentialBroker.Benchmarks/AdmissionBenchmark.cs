using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CredentialBroker.Clusters;
using CredentialBroker.Storage;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// A cluster that makes pods at a steady pace: each is asked about twice, and the second question is recorded before it is
/// answered. What is measured is how long an answer takes at that pace; API server, broker and database share the machine.
/// </summary>
internal static class AdmissionBenchmark
{
    private const int PerSecond = 500, Connections = 10, Seconds = 20;
    private const double BarMs = 20;

    /// <summary>Rounds may be more where there is time: <c>ADMISSION_ROUNDS=30</c> is ten minutes of load.</summary>
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("ADMISSION_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 4;

    public static async Task<MarkdownTable> RunAsync()
    {
        await using var cluster = await GatedCluster.StartAsync();
        var table = new MarkdownTable("round", "questions/s", "p50 ms", "p99 ms", "bar (p99)", "refused", "pods recorded", "broker's memory MiB");
        // Compiles the hot code.
        await RoundAsync(cluster, "warm", 8);
        await RoundAsync(cluster, "warmer", 8);
        for (var round = 1; round <= Rounds; round++)
        {
            var (load, recorded) = await RoundAsync(cluster, $"r{round}", Seconds);
            if (load.Failed > 0) throw new InvalidOperationException($"{load.Failed} questions were not answered.");
            if (recorded != load.Completed / 2) throw new InvalidOperationException($"{recorded} pods were recorded, of {load.Completed / 2} that were asked about.");
            table.Row(round, load.PerSecond, load.P50Ms, load.P99Ms, $"< {BarMs:0} ms", load.Failed, LeaseRows.Count(recorded), MemoryOf(cluster.Broker.Id));
        }

        return table;
    }

    private static async Task<(LoadResult Load, long Recorded)> RoundAsync(GatedCluster cluster, string name, int seconds)
    {
        var each = PerSecond * seconds / Connections / 2;
        var requests = new byte[Connections][][];
        await Parallel.ForAsync(0, Connections, async (connection, _) =>
        {
            requests[connection] = new byte[each * 2][];
            for (var i = 0; i < each; i++)
            {
                var pod = await cluster.MarkAsync($"{name}-{connection}-{i}");
                requests[connection][i * 2] = RequestOf("mutate", ClusterShapes.PodOf($"{name}-{connection}-{i}"));
                requests[connection][(i * 2) + 1] = RequestOf("validate", pod);
            }
        });
        var before = await CountAsync(cluster);
        var began = Stopwatch.GetTimestamp();
        var gap = TimeSpan.FromSeconds((double)Connections / PerSecond);
        var load = await LoadClient.RunAsync(cluster.Port, Connections, TimeSpan.FromSeconds(seconds * 2), (connection, sequence) =>
        {
            if (sequence >= requests[connection].Length) return default;
            // At its own time, however long the one before took; connections take turns.
            var wait = (gap * sequence) + (gap * connection / Connections) - Stopwatch.GetElapsedTime(began);
            if (wait > TimeSpan.Zero) Thread.Sleep(wait);
            return requests[connection][sequence];
        });
        return (load, await CountAsync(cluster) - before);
    }

    private static byte[] RequestOf(string which, System.Text.Json.Nodes.JsonObject pod) => LoadClient.Request(
        "POST", $"/admission/cluster/{which}?timeout=3s", JsonSerializer.SerializeToUtf8Bytes(ClusterShapes.ReviewOf("CREATE", "pods", "Pod", pod)), "Content-Type: application/json", $"Authorization: Bearer {ClusterShapes.GateToken}");

    private static async Task<long> CountAsync(GatedCluster cluster) =>
        (await cluster.Rows.Store.ListAsync(Pool.Control, new Statement("SELECT count(*) FROM approvals"), row => row.GetInt64(0), default))[0];

    private static long MemoryOf(int process)
    {
        using var broker = Process.GetProcessById(process);
        return broker.WorkingSet64 / 1024 / 1024;
    }
}
