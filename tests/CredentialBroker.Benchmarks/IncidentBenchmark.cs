using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.EndToEnd;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// A responder's minute beside 1,000,000 leases on PostgreSQL: the preview, the end of 100,000 of them, what others are
/// issued meanwhile. The broker is a process of its own; database, load and broker share the machine.
/// </summary>
internal static class IncidentBenchmark
{
    private const int Standing = 1_000_000;
    private const int Revoked = 100_000;
    private const int Rounds = 3;
    private const int Previews = 20;
    private const int Seconds = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly string[] Selectors =
        ["template=orders", "namespace=shop", "environment=test,revocability=Condition", "pod=checkout-*", "node=node-1,template!=orders", "approver=bob", "--all", "issued>2020-01-01T00:00:00Z,tier!=critical"];

    public static async Task<MarkdownTable> RunAsync()
    {
        await using var server = await PostgresServer.StartAsync();
        using var folder = new SceneFolder();
        var store = await server.CreateDatabaseAsync("broker");
        var port = LoopbackPorts.FindFree();
        folder.Write(port, store, configuration => configuration["Incidents"] = new JsonObject { ["ConfirmAbove"] = 10_000_000 });
        var endsAt = TimeProvider.System.NowMs() + (long)TimeSpan.FromHours(3).TotalMilliseconds;
        await using var rows = await LeaseRows.OpenAsync(folder, store);
        await rows.AddAsync("s", Standing - Revoked, endsAt, "other");
        await rows.AddAsync("r", Revoked, endsAt, "orders");
        await using var broker = await BrokerProcess.StartAsync(folder, port);
        var pods = new ClaimingPods(broker.Scene);
        await pods.PrepareAsync();
        for (var i = 0; i < 4; i++) await IssueBenchmark.LoadAsync(port, pods.Claims(12_000), Seconds);

        var table = new MarkdownTable("what", "reading", "bar", "spread", "rounds");
        var previews = new List<double>();
        for (var i = 0; i < Previews; i++)
        {
            foreach (var selector in Selectors) previews.Add(await TimeAsync(() => RevokeAsync(broker.Scene, selector, dryRun: true)));
        }

        table.Row("preview, p99 s", Measurement.Percentile(previews, 0.99), "< 1", $"p50 {Measurement.Median(previews):0.00} s", previews.Count);
        var (took, kept) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            if (round > 0) await rows.AddAsync($"r{round}", Revoked, endsAt, "orders");
            var alone = await IssueBenchmark.LoadAsync(port, pods.Claims(16_000), Seconds);
            var claims = pods.Claims(80_000);
            took.Add(await TimeAsync(() => RevokeAllAsync(broker.Scene)));
            // Once more with others being served: what they lose meanwhile.
            await rows.AddAsync($"b{round}", Revoked, endsAt, "orders");
            using var over = new CancellationTokenSource();
            var beside = RevokeAllAsync(broker.Scene);
            var meanwhile = await IssueBenchmark.LoadAsync(port, claims, Seconds);
            await beside;
            kept.Add(meanwhile.PerSecond / alone.PerSecond);
        }

        table.Row($"{LeaseRows.Count(Revoked)} signed-token leases revoked by selector, s", Measurement.Median(took), "< 6", $"{Measurement.Spread(took):P0}", Rounds);
        table.Row("issuance meanwhile, to issuance alone", Measurement.Median(kept), ">= 0.5", $"{Measurement.Spread(kept):P0}", Rounds);
        return table;
    }

    private static async Task<double> TimeAsync(Func<Task> run)
    {
        var began = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task RevokeAllAsync(Scene scene)
    {
        var began = Stopwatch.GetTimestamp();
        var id = (await RevokeAsync(scene, "template=orders", dryRun: false)).Json.GetProperty("id").GetString()!;
        while ((await scene.OperatorAsync(HttpMethod.Get, $"/v1/revocations/{id}")).Json is var view && view.GetProperty("state").GetString() != "finished")
        {
            if (Stopwatch.GetElapsedTime(began) > Limit) throw new TimeoutException($"not everything was ended in {Limit}: {view}");
            await Task.Delay(100);
        }
    }

    private static async Task<Reply> RevokeAsync(Scene scene, string selector, bool dryRun)
    {
        var body = new JsonObject { ["selector"] = selector, ["reason"] = "benchmark", ["dryRun"] = dryRun }.ToJsonString();
        var reply = await scene.SendAsync(HttpMethod.Post, "/v1/revocations", scene.OperatorToken, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), ("Idempotency-Key", Ids.New(TimeProvider.System)));
        return reply.Status is HttpStatusCode.OK or HttpStatusCode.Accepted ? reply : throw new InvalidOperationException(reply.Body);
    }
}
