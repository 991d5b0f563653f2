using System.Diagnostics;
using System.Net;
using CredentialBroker.EndToEnd;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>What leases that are merely outstanding cost a broker: starting beside them, and the memory it then takes.</summary>
internal static class StandingBenchmark
{
    private const int Few = 1000;
    private const int Many = 1_000_000;
    private const int Rounds = 3;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(4);

    public static async Task<MarkdownTable> RunAsync()
    {
        var table = new MarkdownTable("store", "quantity", $"with {LeaseRows.Count(Many)}", $"with {LeaseRows.Count(Few)}", "unit", "ratio", "bar", "spread of ratio", "rounds");
        await using (var server = await PostgresServer.StartAsync())
        {
            await MeasureAsync(table, "PostgreSQL", await server.CreateDatabaseAsync("few"), await server.CreateDatabaseAsync("many"));
        }

        await MeasureAsync(table, "SQLite", null, null);
        return table;
    }

    private static async Task MeasureAsync(MarkdownTable table, string name, string? fewStore, string? manyStore)
    {
        using var few = new SceneFolder();
        using var many = new SceneFolder();
        await FillAsync(few, fewStore, Few);
        await FillAsync(many, manyStore, Many);
        await StartAsync(few, fewStore);
        var compared = await Measurement.InterleaveAsync(Rounds, () => StartAsync(few, fewStore), () => StartAsync(many, manyStore));
        foreach (var (quantity, unit, bar, i) in new[] { ("resident memory", "MiB", "<= 1.2", 0), ("time to ready", "s", "<= 1.5", 1), ("processor time of one second", "s", "-", 2) })
        {
            var of = compared[i];
            table.Row(name, quantity, of.Subject.Median, of.Baseline.Median, unit, of.Ratio.Median, bar, $"{of.Ratio.Spread:P0}", Rounds);
        }
    }

    private static async Task FillAsync(SceneFolder folder, string? store, int count)
    {
        await using var rows = await LeaseRows.OpenAsync(folder, store);
        await rows.AddAsync("s", count, TimeProvider.System.NowMs() + (long)TimeSpan.FromHours(1).TotalMilliseconds);
    }

    /// <summary>Starts the broker and, after some of its seconds, reads its memory; and what its own processor time is then.</summary>
    private static async Task<double[]> StartAsync(SceneFolder folder, string? store)
    {
        var port = LoopbackPorts.FindFree();
        folder.Write(port, store);
        var began = Stopwatch.GetTimestamp();
        await using var broker = await BrokerProcess.StartAsync(folder, port, ready: false);
        while (!await IsReadyAsync(broker.Scene))
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(60)) throw new TimeoutException("The broker did not become ready: " + broker.Said);
            await Task.Delay(5);
        }

        var ready = Stopwatch.GetElapsedTime(began).TotalSeconds;
        using var process = Process.GetProcessById(broker.Id);
        var used = process.TotalProcessorTime;
        await Task.Delay(Settling);
        process.Refresh();
        return [process.WorkingSet64 / (1024.0 * 1024), ready, (process.TotalProcessorTime - used) / Settling];
    }

    private static async Task<bool> IsReadyAsync(Scene scene)
    {
        try
        {
            return (await scene.SendAsync(HttpMethod.Get, "/healthz/ready", null)).Status == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
