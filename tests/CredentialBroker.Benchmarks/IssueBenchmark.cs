using CredentialBroker.EndToEnd;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// The whole way of a claim: HTTP, attestation of a token never seen before, an approval, policy, and a lease that is on
/// disk before it is answered. The broker is a process of its own; client, broker and database share the machine.
/// </summary>
internal static class IssueBenchmark
{
    private const int Clients = 16;
    private const int Rounds = 5;
    private const int Seconds = 5;
    private const int WarmUps = 5;
    private const int WarmUpSeconds = 5;
    private const int WarmUpClaims = 15_000;

    public static async Task<MarkdownTable> OnPostgresAsync()
    {
        await using var server = await PostgresServer.StartAsync();
        var pgbench = new Pgbench(server);
        using var folder = new SceneFolder();
        return await RunAsync(folder, await server.CreateDatabaseAsync("broker"), "PostgreSQL", 0.2, async () => (await pgbench.CommitsAsync(Clients, Seconds)).Tps);
    }

    public static async Task<MarkdownTable> OnSqliteAsync()
    {
        using var folder = new SceneFolder();
        // Beside the broker's own file, so that both write to the same disk.
        return await RunAsync(folder, null, "SQLite", 0.4, () => SqliteBaseline.CommitsPerSecondAsync(folder.Path, Seconds));
    }

    private static async Task<MarkdownTable> RunAsync(SceneFolder folder, string? store, string name, double bar, Func<Task<double>> commits)
    {
        var port = LoopbackPorts.FindFree();
        folder.Write(port, store);
        await using var broker = await BrokerProcess.StartAsync(folder, port);
        var pods = new ClaimingPods(broker.Scene);
        await pods.PrepareAsync();

        // The compiler's second tier works beside the first seconds of load; a broker runs for weeks, so it is read after
        // that. The last part tells how many claims a round takes.
        for (var i = 0; i < WarmUps; i++) await LoadAsync(port, pods.Claims(WarmUpClaims), WarmUpSeconds);
        var warmUp = await LoadAsync(port, pods.Claims(WarmUpClaims), WarmUpSeconds);
        var perRound = (int)(Math.Max(warmUp.PerSecond, 500) * 1.75 * Seconds);
        var rounds = new Queue<byte[][]>(Enumerable.Range(0, Rounds).Select(_ => pods.Claims(perRound)));

        var runs = new List<LoadResult>();
        var compared = await Measurement.InterleaveAsync(Rounds, commits, async () =>
        {
            runs.Add(await LoadAsync(port, rounds.Dequeue(), Seconds));
            return runs[^1].PerSecond;
        });
        return new MarkdownTable("store", "issued/s", "one-row commits/s", "ratio", "bar", "spread of ratio", "p50 ms", "p99 ms", "rounds").Row(
            name, compared.Subject.Median, compared.Baseline.Median, compared.Ratio.Median, $">= {bar:0.0}", $"{compared.Ratio.Spread:P0}",
            Measurement.Median(runs.Select(r => r.P50Ms)), Measurement.Median(runs.Select(r => r.P99Ms)), Rounds);
    }

    /// <summary>Every claim is sent once. Any answer but 201 fails the benchmark.</summary>
    public static async Task<LoadResult> LoadAsync(int port, byte[][] claims, int seconds)
    {
        var result = await LoadClient.RunAsync(port, Clients, TimeSpan.FromSeconds(seconds), (connection, sequence) =>
        {
            var at = (sequence * Clients) + connection;
            return at < claims.Length ? claims[at] : default;
        });
        return result.Statuses.Keys.All(status => status == 201) && result.Completed > 0
            ? result
            : throw new InvalidOperationException($"Not every claim was granted: {string.Join(", ", result.Statuses.Select(s => $"{s.Value} times {s.Key}"))}.");
    }
}
