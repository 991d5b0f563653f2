using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using CredentialBroker.EndToEnd;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// Claims at a modest rate, alone and beside 100,000 garbage requests a minute: how much later the slowest are answered,
/// and what the garbage leaves in the audit. The broker is a process of its own, on its embedded store.
/// </summary>
internal static class GarbageBenchmark
{
    private const int Rounds = 5;
    private const int Seconds = 10;
    private const int WarmUpSeconds = 10;
    private const int Claimers = 4;
    private const int ClaimsPerSecond = 100;
    private const int Senders = 8;
    private const double GarbagePerSecond = 100_000 / 60.0;
    private const int DistinctGarbage = 4_000;

    public static async Task<MarkdownTable> RunAsync()
    {
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port);
        await using var broker = await BrokerProcess.StartAsync(folder, port);
        var pods = new ClaimingPods(broker.Scene);
        await pods.PrepareAsync();
        var garbage = MakeGarbage();
        await Task.WhenAll(ClaimAsync(port, pods, WarmUpSeconds), SendAsync(port, garbage, WarmUpSeconds));

        var (sent, records) = (0L, await RecordsAsync(broker.Scene));
        var rates = new List<double>();
        var compared = await Measurement.InterleaveAsync(Rounds, () => ClaimAsync(port, pods, Seconds), async () =>
        {
            var beside = SendAsync(port, garbage, Seconds);
            var p99 = await ClaimAsync(port, pods, Seconds);
            var load = await beside;
            sent += load.Failed;
            rates.Add(load.Failed / load.Elapsed.TotalSeconds);
            return p99;
        });
        // The door tells its counts each half minute.
        await Task.Delay(TimeSpan.FromSeconds(31));
        var told = await RecordsAsync(broker.Scene) - records;
        return new MarkdownTable("store", "p99 ms beside garbage", "p99 ms alone", "ratio", "bar", "spread of ratio", "claims/s", "garbage/s", "audit records per 1,000 garbage requests", "rounds").Row(
            "SQLite", compared.Subject.Median, compared.Baseline.Median, compared.Ratio.Median, "<= 2", $"{compared.Ratio.Spread:P0}",
            ClaimsPerSecond, Measurement.Median(rates), told * 1000.0 / sent, Rounds);
    }

    /// <returns>The 99th percentile of the time to an answer, in milliseconds. Any answer but 201 fails the benchmark.</returns>
    private static async Task<double> ClaimAsync(int port, ClaimingPods pods, int seconds)
    {
        var claims = pods.Claims(ClaimsPerSecond * seconds);
        var result = await LoadClient.RunAsync(port, Claimers, TimeSpan.FromSeconds(seconds * 2), Paced(Claimers, ClaimsPerSecond, at => at < claims.Length ? claims[at] : default));
        return result.Statuses.Keys.All(status => status == 201) && result.Completed == claims.Length
            ? result.P99Ms
            : throw new InvalidOperationException($"Not every claim was granted: {string.Join(", ", result.Statuses.Select(s => $"{s.Value} times {s.Key}"))}.");
    }

    /// <summary>Any answer but a refusal fails the benchmark, and so does a rate that was not reached.</summary>
    private static async Task<LoadResult> SendAsync(int port, byte[][] garbage, int seconds)
    {
        var total = (long)(GarbagePerSecond * seconds);
        var result = await LoadClient.RunAsync(port, Senders, TimeSpan.FromSeconds(seconds * 2), Paced(Senders, GarbagePerSecond, at => at < total ? garbage[at % garbage.Length] : default));
        return result.Statuses.Keys.All(status => status is >= 400 and < 500) && result.Failed == total && result.Elapsed.TotalSeconds < seconds * 1.1
            ? result
            : throw new InvalidOperationException($"Garbage was not refused in time: {string.Join(", ", result.Statuses.Select(s => $"{s.Value} times {s.Key}"))} in {result.Elapsed.TotalSeconds:0.0} s.");
    }

    /// <summary>Requests that are due at even distances from now; one that is late is sent at once.</summary>
    private static NextRequest Paced(int connections, double perSecond, Func<long, ReadOnlyMemory<byte>> request)
    {
        var began = Stopwatch.GetTimestamp();
        return (connection, sequence) =>
        {
            var at = (sequence * connections) + connection;
            var next = request(at);
            var wait = TimeSpan.FromSeconds(at / perSecond) - Stopwatch.GetElapsedTime(began);
#pragma warning disable RS0030 // The load client gives each connection a thread of its own, which it blocks.
            if (!next.IsEmpty && wait > TimeSpan.Zero) Thread.Sleep(wait);
#pragma warning restore RS0030
            return next;
        };
    }

    private static async Task<long> RecordsAsync(Scene scene)
    {
        var records = 0L;
        foreach (var type in new[] { "attestation.failed", "operator.refused" })
        {
            records += (await scene.OperatorAsync(HttpMethod.Get, $"/v1/audit?type={type}")).Body.Count('\n');
        }

        return records;
    }

    /// <summary>A third each: junk as evidence, as an approval, as an operator's token.</summary>
    private static byte[][] MakeGarbage() =>
    [
        .. Enumerable.Range(0, DistinctGarbage).Select(i => (i % 3) switch
        {
            0 => LoadClient.Request("POST", "/v1/leases", """{"template":"token"}"""u8, $"Authorization: Bearer {Noise()}", $"Idempotency-Key: garbage-{i}", "Content-Type: application/json"),
            1 => LoadClient.Request("POST", "/v1/approvals/gate", System.Text.Encoding.ASCII.GetBytes(Noise()), "Content-Type: application/jose"),
            _ => LoadClient.Request("GET", "/v1/leases", [], $"Authorization: Bearer {Noise()}"),
        }),
    ];

    private static string Noise() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(900));
}
