using CredentialBroker.EndToEnd;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>A burst of leases that all reach their end at one moment, in a broker that has nothing else to do.</summary>
internal static class DueBenchmark
{
    private const int Leases = 10_000;
    private const int Rounds = 3;
    private const double BarSeconds = 2;
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<MarkdownTable> RunAsync()
    {
        var table = new MarkdownTable("store", "leases", "p50 s", "p99 s", "all ended s", "bar (p99)", "spread of p99", "revoked in audit", "rounds");
        await using var server = await PostgresServer.StartAsync();
        await MeasureAsync(table, "PostgreSQL", await server.CreateDatabaseAsync("broker"));
        await MeasureAsync(table, "SQLite", null);
        return table;
    }

    private static async Task MeasureAsync(MarkdownTable table, string name, string? connection)
    {
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port, connection);
        await using var rows = await LeaseRows.OpenAsync(folder, connection);
        await using var broker = await BrokerProcess.StartAsync(folder, port);
        // Compiles the hot code.
        await BurstAsync(rows, "warm", 500);
        List<double> p50 = [], p99 = [], all = [];
        for (var round = 0; round < Rounds; round++)
        {
            var late = await BurstAsync(rows, $"r{round}", Leases);
            p50.Add(Measurement.Median(late));
            p99.Add(Measurement.Percentile(late, 0.99));
            all.Add(late.Max());
        }

        var revoked = (await ReadAsync(rows, "SELECT count(*) FROM audit WHERE type = 'credential.revoked' AND lease LIKE 'r%'"))[0];
        if (revoked != Leases * Rounds) throw new InvalidOperationException($"{revoked} ends are in the audit, of {Leases * Rounds}.");
        var times = new Series(p99);
        table.Row(name, Leases, Measurement.Median(p50), times.Median, Measurement.Median(all), $"< {BarSeconds:0} s", $"{times.Spread:P0}", $"{LeaseRows.Count(revoked)}, all", Rounds);
    }

    /// <summary>How late each lease was ended, in seconds.</summary>
    private static async Task<List<double>> BurstAsync(LeaseRows rows, string batch, int count)
    {
        var endsAt = TimeProvider.System.NowMs() + (long)Notice.TotalMilliseconds;
        await rows.AddAsync(batch, count, endsAt);
        if (TimeProvider.System.NowMs() >= endsAt) throw new InvalidOperationException("The leases were due before all of them were written.");
        await Task.Delay(Notice);
        while (await ReadAsync(rows, $"SELECT count(*) FROM ended_leases WHERE id LIKE '{batch}%'") is [var ended] && ended < count)
        {
            if (TimeProvider.System.NowMs() > endsAt + (long)Limit.TotalMilliseconds) throw new TimeoutException($"{ended} of {count} leases were ended in {Limit}.");
            await Task.Delay(250);
        }

        return [.. (await ReadAsync(rows, $"SELECT ended_at - ends_at FROM ended_leases WHERE id LIKE '{batch}%'")).Select(ms => ms / 1000.0)];
    }

    private static Task<List<long>> ReadAsync(LeaseRows rows, string sql) =>
        rows.Store.ListAsync(Pool.Control, new Statement(sql), row => row.GetInt64(0), CancellationToken.None);
}
