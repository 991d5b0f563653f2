using CredentialBroker.Backends.Vault;
using CredentialBroker.EndToEnd;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// Leases of accounts that a Vault makes, claimed from the broker over HTTP, and the same calls made by a bare client at
/// the same stand-in: a token, what is read with it, and its life shortened to the lease's. The stand-in answers each call
/// after a service time, for both alike; the broker is a process of its own, on PostgreSQL unless it says otherwise.
/// </summary>
internal static class VaultBenchmark
{
    /// <summary>One write at three nodes on integrated storage under 500 requests a second, as OpenBao published for its 2.5.1: 58 ms in the mean. All three calls write.</summary>
    private static readonly TimeSpan Cluster = TimeSpan.FromMilliseconds(58);

    /// <summary>One write at a dev server that keeps everything in memory, as the authors of vault-benchmark show: 0.91 ms in the mean.</summary>
    private static readonly TimeSpan InMemory = TimeSpan.FromMilliseconds(0.91);

    private const int Clients = 16;
    private const int Rounds = 3;
    private const int Seconds = 5;
    private const int WarmUps = 3;

    public static async Task<MarkdownTable> LeasesAsync()
    {
        await using var server = await PostgresServer.StartAsync();
        var table = new MarkdownTable("service time of one call", "leases/s", "bare leases/s", "ratio", "bar", "spread of ratio", "rounds");
        foreach (var (name, time, bar) in new[] { ("58 ms, a cluster of three", Cluster, ">= 0.8"), ("0.91 ms, in memory", InMemory, "-") })
        {
            var (_, _, compared) = await ReadAsync(await server.CreateDatabaseAsync("broker"), time);
            table.Row(name, compared.Subject.Median, compared.Baseline.Median, compared.Ratio.Median, bar, $"{compared.Ratio.Spread:P0}", Rounds);
        }

        return table;
    }

    public static async Task<MarkdownTable> OverheadAsync()
    {
        await using var server = await PostgresServer.StartAsync();
        var table = new MarkdownTable("store", "percentile", "claim ms", "bare calls ms", "added ms", "bar", "rounds");
        foreach (var (name, store) in new[] { ("PostgreSQL", await server.CreateDatabaseAsync("broker")), ("SQLite", null) })
        {
            var (claims, bare, _) = await ReadAsync(store, Cluster);
            foreach (var (percentile, of, bar) in new (string, Func<LoadResult, double>, string)[] { ("p50", run => run.P50Ms, "< 3 ms"), ("p99", run => run.P99Ms, "< 15 ms") })
            {
                var (with, without) = (Measurement.Median(claims.Select(of)), Measurement.Median(bare.Select(of)));
                table.Row(name, percentile, with, without, with - without, bar, Rounds);
            }
        }

        return table;
    }

    private static async Task<(List<LoadResult> Claims, List<LoadResult> Bare, Comparison Rates)> ReadAsync(string? store, TimeSpan serviceTime)
    {
        await using var rig = await VaultRig.StartAsync();
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port, store, rig.AddTo);
        await using var broker = await BrokerProcess.StartAsync(folder, port);
        var pods = new ClaimingPods(broker.Scene, $"{{ vault: {{ target: main, engine: database, path: {rig.Path} }} }}");
        await pods.PrepareAsync();
        using var client = new BareVaultClient(rig);
        for (var i = 0; i < WarmUps; i++)
        {
            await IssueBenchmark.LoadAsync(port, pods.Claims(4000), Seconds);
            await client.RunAsync(Clients, TimeSpan.FromSeconds(1));
        }

        rig.StandIn!.ServiceTime = serviceTime;
        var perRound = (int)(Math.Max(4000, (await IssueBenchmark.LoadAsync(port, pods.Claims(8000), Seconds)).PerSecond) * 1.75 * Seconds);
        var (claims, bare) = (new List<LoadResult>(), new List<LoadResult>());
        var rates = await Measurement.InterleaveAsync(
            Rounds,
            async () => Kept(bare, await client.RunAsync(Clients, TimeSpan.FromSeconds(Seconds))),
            async () => Kept(claims, await IssueBenchmark.LoadAsync(port, pods.Claims(perRound), Seconds)));
        return (claims, bare, rates);
    }

    private static double Kept(List<LoadResult> runs, LoadResult run)
    {
        runs.Add(run);
        return run.PerSecond;
    }
}
