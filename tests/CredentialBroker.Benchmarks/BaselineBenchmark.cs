using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>What this machine's PostgreSQL, SQLite and loopback HTTP give by themselves: the yardsticks of the other benchmarks.</summary>
internal static class BaselineBenchmark
{
    private const int Rounds = 3;
    private const int Seconds = 5;

    public static async Task<MarkdownTable> RunAsync()
    {
        await using var server = await PostgresServer.StartAsync();
        var pgbench = new Pgbench(server);
        var table = new MarkdownTable("baseline", "median", "unit", "spread", "rounds");
        foreach (var clients in new[] { 1, 16 })
        {
            var commits = await Measurement.RepeatAsync(Rounds, async () => (await pgbench.CommitsAsync(clients, Seconds)).Tps);
            Add(table, $"PostgreSQL, one-row commits, {clients} at once", commits, "commits/s");
        }

        // Beside the server's data, so that both write to the same disk.
        var folder = Path.GetDirectoryName(server.DataDir)!;
        var sqlite = await Measurement.RepeatAsync(Rounds, () => SqliteBaseline.CommitsPerSecondAsync(folder, Seconds));
        Add(table, "SQLite, one-row commits, WAL, synchronous=FULL", sqlite, "commits/s");

        var http = await Measurement.RepeatAsync(Rounds, EmptyAnswersPerSecondAsync);
        Add(table, "Kestrel, empty answers, 16 connections", http, "requests/s");
        return table;
    }

    private static void Add(MarkdownTable table, string name, Series series, string unit) =>
        table.Row(name, series.Median, unit, $"{series.Spread:P0}", series.Values.Count);

    private static async Task<double> EmptyAnswersPerSecondAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var port = LoopbackPorts.FindFree();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapGet("/", () => Results.NoContent());
        await app.StartAsync();
        var request = LoadClient.Request("GET", "/", []);
        var result = await LoadClient.RunAsync(port, 16, TimeSpan.FromSeconds(Seconds), (_, _) => request, TimeSpan.FromSeconds(1));
        return result.Failed == 0 ? result.PerSecond : throw new InvalidOperationException($"{result.Failed} requests failed.");
    }
}
