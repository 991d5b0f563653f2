using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.EndToEnd;
using CredentialBroker.Node;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Hosting;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Tests.TestInfra;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// The node of a container host: what its plugin adds to each call of an engine, and how long after a container's end its
/// lease is ended, with 1,000 of them running. The engine is a stand-in, so that nothing of a real one's own time is in it;
/// the broker is a process of its own, on its embedded store.
/// </summary>
internal static class DockerBenchmark
{
    private const int Calls = 5_000, WarmUp = 1_000, Running = 1_000, Ends = 300;
    private const double EndsPerSecond = 20;

    public static async Task<MarkdownTable> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("cbn-bench-").FullName;
        using var scene = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        var options = ExampleHost.OptionsIn(folder, $"http://127.0.0.1:{port}", Path.Combine(folder, "plugin", "p.sock"));
        using var key = NodeKey.Open(options, TimeProvider.System);
        scene.Write(port, change: configuration => ExampleHost.Configure(configuration, options.Keys.JwksFile));
        await using var broker = await BrokerProcess.StartAsync(scene, port);
        await using var engine = new EngineStandIn(options.Engine.Socket);
        await engine.StartAsync();
        await broker.Scene.ActivateAsync(ExampleHost.TemplateFor(engine.Image));
        await using var node = new RunningNode(options, new Say(TextWriter.Null, TimeProvider.System), TimeProvider.System);
        await node.StartAsync(CancellationToken.None);
        await WaitAsync(() => node.Trust.Standing.Version.Length > 0);
        await WaitAsync(async () => (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/hosts")).Body.Contains("\"accepted\":true", StringComparison.Ordinal));

        using var plugin = Client(options.Plugin.Socket);
        await AskAsync(plugin, WarmUp);
        var added = await AskAsync(plugin, Calls);
        var leases = await RunAsync(engine, node, broker.Scene, key, options);
        var late = await EndAsync(engine, broker.Scene, leases);
        Directory.Delete(folder, recursive: true);
        return new MarkdownTable("added to a call, p50 ms", "p99 ms", "bar (p99)", "calls", "end to ended, p50 s", "p99 s", "bar (p99)", "running", "ended").Row(
            Measurement.Median(added), Measurement.Percentile(added, 0.99), "< 2 ms", Calls, Measurement.Median(late), Measurement.Percentile(late, 0.99), "< 2 s", Running, Ends);
    }

    /// <summary>Both questions that an engine asks about one request to create a container: before, and after one that failed.</summary>
    private static async Task<List<double>> AskAsync(HttpClient plugin, int calls)
    {
        var call = Create();
        var before = JsonSerializer.SerializeToUtf8Bytes(call, CallJson.Default.Call);
        var after = JsonSerializer.SerializeToUtf8Bytes(call with { Status = 404, Answer = Encoding.UTF8.GetBytes("""{"message":"No such image"}""") }, CallJson.Default.Call);
        var times = new List<double>(calls);
        for (var i = 0; i < calls; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await PostAsync(plugin, "/AuthZPlugin.AuthZReq", before);
            await PostAsync(plugin, "/AuthZPlugin.AuthZRes", after);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times;
    }

    private static async Task<List<(string Container, string Lease)>> RunAsync(EngineStandIn engine, RunningNode node, Scene scene, NodeKey key, NodeOptions options)
    {
        var running = new List<(string, string)>();
        for (var i = 0; i < Running; i++)
        {
            // An address of its own: of equal requests under way, the node could not tell which container is whose.
            var call = Create() with { Uri = $"/v1.41/containers/create?name=c{i}" };
            await DemandAsync(node, call);
            var id = engine.Make();
            await node.Plugin.AfterAsync(JsonSerializer.SerializeToUtf8Bytes(call with { Status = 201, Answer = Encoding.UTF8.GetBytes($"{{\"Id\":\"{id}\"}}") }, CallJson.Default.Call), CancellationToken.None);
            await DemandAsync(node, new Call { User = "ci", Method = "TLS", Verb = "POST", Uri = $"/v1.41/containers/{id}/start" });
            engine.Run(id);
            var evidence = key.Sign(NodeKey.Evidence, Protocol.Ids.New(TimeProvider.System), TimeSpan.FromMinutes(2),
                ("sub", $"docker:{options.Host}:{id}"), ("host", options.Host), ("container", id), ("image", engine.Image), ("run", 1));
            var reply = await scene.ClaimAsync(evidence, ExampleHost.Template);
            if ((int)reply.Status != 201) throw new InvalidOperationException($"a claim was refused: {reply.Body}");
            running.Add((id, reply.Json.GetProperty("lease").GetProperty("id").GetString()!));
        }

        return running;
    }

    /// <summary>From each container's end to its lease's, in seconds.</summary>
    private static async Task<List<double>> EndAsync(EngineStandIn engine, Scene scene, List<(string Container, string Lease)> running)
    {
        var ended = new Dictionary<string, DateTimeOffset>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / EndsPerSecond));
        foreach (var (container, lease) in running.Take(Ends))
        {
            await timer.WaitForNextTickAsync();
            ended[lease] = TimeProvider.System.GetUtcNow();
            engine.Die(container);
        }

        var late = new List<double>();
        foreach (var (lease, at) in ended) late.Add(((await scene.LeaseUntilAsync(lease, "ended")).GetProperty("endedAt").GetDateTimeOffset() - at).TotalSeconds);
        return late;
    }

    private static Call Create() => new()
    {
        User = "ci", Method = "TLS", Verb = "POST", Uri = "/v1.41/containers/create", Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json" },
        Body = Encoding.UTF8.GetBytes(new JsonObject { ["Image"] = "t/busybox:1", ["Env"] = new JsonArray("A=b"), ["Labels"] = new JsonObject { ["a"] = "b" }, ["HostConfig"] = new JsonObject { ["NetworkMode"] = "none" } }.ToJsonString()),
    };

    private static async Task DemandAsync(RunningNode node, Call call)
    {
        if (await node.Plugin.BeforeAsync(JsonSerializer.SerializeToUtf8Bytes(call, CallJson.Default.Call), CancellationToken.None) is { Allow: false } refused) throw new InvalidOperationException(refused.Msg);
    }

    private static async Task PostAsync(HttpClient plugin, string path, byte[] json)
    {
        using var answer = await plugin.PostAsync(path, new ByteArrayContent(json));
        if (!(await answer.Content.ReadAsStringAsync()).Contains("\"Allow\":true", StringComparison.Ordinal)) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }

    private static async Task WaitAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; !await holds(); i++)
        {
            if (i > 1200) throw new TimeoutException("the node and the broker did not find each other");
            await Task.Delay(50);
        }
    }

    private static Task WaitAsync(Func<bool> holds) => WaitAsync(() => Task.FromResult(holds()));

    private static HttpClient Client(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://plugin") };
}
