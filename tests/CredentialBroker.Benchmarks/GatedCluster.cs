using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;
using CredentialBroker.EndToEnd;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>A broker in a process of its own, on PostgreSQL, and the stand-in of the cluster that it gates and watches.</summary>
internal sealed class GatedCluster(PostgresServer server, SceneFolder folder, ClusterStandIn standIn, BrokerProcess broker, LeaseRows rows, int port) : IAsyncDisposable
{
    private readonly HttpClient _api = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", ClusterShapes.GateToken) } };

    public int Port => port;

    public ClusterStandIn StandIn => standIn;

    public BrokerProcess Broker => broker;

    public LeaseRows Rows => rows;

    public static async Task<GatedCluster> StartAsync()
    {
        var server = await PostgresServer.StartAsync();
        var folder = new SceneFolder();
        var standIn = await ClusterStandIn.StartAsync(folder.Cluster.Jwks());
        ClusterShapes.Furnish(folder, standIn);
        var (port, store) = (LoopbackPorts.FindFree(), await server.CreateDatabaseAsync("broker"));
        folder.Write(port, store, configuration => ClusterShapes.Configure(configuration, folder, standIn, null));
        var rows = await LeaseRows.OpenAsync(folder, store);
        var broker = await BrokerProcess.StartAsync(folder, port);
        await broker.Scene.ActivateAsync(SceneFolder.Token(ttl: "15m").Replace("[gate]", "[admit]", StringComparison.Ordinal));
        return new GatedCluster(server, folder, standIn, broker, rows, port);
    }

    /// <summary>A pod after the first question, with its name and UID: the second may be asked within a minute.</summary>
    public async Task<JsonObject> MarkAsync(string name)
    {
        var pod = ClusterShapes.PodOf(name);
        var answer = await AskAsync("mutate", ClusterShapes.ReviewOf("CREATE", "pods", "Pod", pod));
        var marked = JsonPatch.Apply(pod, (JsonArray)JsonNode.Parse(Convert.FromBase64String(answer.GetProperty("patch").GetString()!))!);
        marked["metadata"]!["uid"] = Protocol.Ids.New(TimeProvider.System);
        return marked;
    }

    public async Task<JsonElement> AskAsync(string which, JsonObject review)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(review)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await _api.PostAsync(new Uri($"/admission/cluster/{which}?timeout=3s", UriKind.Relative), content);
        var response = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("response");
        return response.GetProperty("allowed").GetBoolean() ? response : throw new InvalidOperationException(response.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await broker.DisposeAsync();
        await rows.DisposeAsync();
        await standIn.DisposeAsync();
        await server.DisposeAsync();
        folder.Dispose();
    }
}
