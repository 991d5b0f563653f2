using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Clusters;

/// <summary>
/// A broker with a gated cluster: what an API server does around a pod, step by step, so that a test can leave steps out,
/// repeat them, or put them in another order.
/// </summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    public const string GateToken = ClusterShapes.GateToken;
    public const string ServiceAccountUid = ClusterShapes.ServiceAccountUid;

    private int _number;

    private ClusterRig(RunningBroker broker, ClusterStandIn standIn, SceneFolder folder) => (Broker, StandIn, Folder) = (broker, standIn, folder);

    public RunningBroker Broker { get; }

    public ClusterStandIn StandIn { get; }

    public SceneFolder Folder { get; }

    public string CallerFile => Path.Combine(Folder.Path, "cluster-token");

    public static async Task<ClusterRig> StartAsync(Action<JsonObject>? change = null, string? store = null, Action<Microsoft.Extensions.DependencyInjection.IServiceCollection>? services = null, Action<ClusterWorld>? world = null)
    {
        var folder = new SceneFolder();
        var standIn = await ClusterStandIn.StartAsync(folder.Cluster.Jwks());
        ClusterShapes.Furnish(folder, standIn);
        world?.Invoke(standIn.World);
        var broker = await Brokers.StartAsync(store, configuration => ClusterShapes.Configure(configuration, folder, standIn, change), folder, services: services);
        var rig = new ClusterRig(broker, standIn, folder);
        await broker.Scene.ActivateAsync(SceneFolder.Token(ttl: "5m").Replace("[gate]", "[admit]", StringComparison.Ordinal));
        return rig;
    }

    public JsonObject PodOf(string? name = null, string templates = "token", string account = "checkout") => ClusterShapes.PodOf(name ?? $"checkout-{Interlocked.Increment(ref _number)}", templates, account);

    public static JsonObject Named(string name, string? space = null, string? uid = null) => ClusterShapes.Named(name, space, uid);

    public static JsonObject Webhooks(string which) => ClusterShapes.Webhooks(which);

    public static JsonObject ReviewOf(string operation, string resource, string kind, JsonObject? thing, JsonObject? old = null, string sub = "", string? name = null, bool dryRun = false, string user = "system:serviceaccount:kube-system:replicaset-controller", params string[] groups) =>
        ClusterShapes.ReviewOf(operation, resource, kind, thing, old, sub, name, dryRun, user, groups);

    /// <summary>One question; the answer's response.</summary>
    public async Task<JsonElement> AskAsync(string which, JsonObject review, string query = "?timeout=30s")
    {
        var reply = await PostAsync($"/admission/cluster/{which}{query}", review.ToJsonString());
        Assert.True(reply.Status == System.Net.HttpStatusCode.OK, reply.Body);
        Assert.Equal("AdmissionReview", reply.Json.GetProperty("kind").GetString());
        Assert.Equal((string)review["request"]!["uid"]!, reply.Json.GetProperty("response").GetProperty("uid").GetString());
        return reply.Json.GetProperty("response");
    }

    public Task<Reply> PostAsync(string path, string body, string? token = GateToken, string type = "application/json") =>
        Broker.Scene.SendAsync(HttpMethod.Post, path, token, new StringContent(body, Encoding.UTF8, type));

    /// <summary>The first question, and its patch applied.</summary>
    public async Task<JsonObject> MutateAsync(JsonObject pod, bool dryRun = false)
    {
        var answer = await AskAsync("mutate", ReviewOf("CREATE", "pods", "Pod", pod, dryRun: dryRun));
        Assert.True(answer.GetProperty("allowed").GetBoolean(), answer.ToString());
        return answer.TryGetProperty("patch", out var patch) ? JsonPatch.Apply(pod, (JsonArray)JsonNode.Parse(Convert.FromBase64String(patch.GetString()!))!) : (JsonObject)pod.DeepClone();
    }

    /// <summary>What the server fills in between the two questions.</summary>
    public JsonObject Filled(JsonObject pod, string? name = null)
    {
        var filled = (JsonObject)pod.DeepClone();
        filled["metadata"]!["uid"] = Protocol.Ids.New(TimeProvider.System);
        if (name is not null) filled["metadata"]!["name"] = name;
        if (filled["metadata"]!["name"] is null) filled["metadata"]!["name"] = $"{(string)filled["metadata"]!["generateName"]!}{Interlocked.Increment(ref _number).ToString("x5", CultureInfo.InvariantCulture)}";
        return filled;
    }

    public Task<JsonElement> ValidateAsync(JsonObject pod, bool dryRun = false, string user = "system:serviceaccount:kube-system:replicaset-controller") => AskAsync("validate", ReviewOf("CREATE", "pods", "Pod", pod, dryRun: dryRun, user: user));

    /// <summary>Both questions; the pod as it would be stored.</summary>
    public async Task<JsonObject> AdmitAsync(JsonObject? pod = null)
    {
        var filled = Filled(await MutateAsync(pod ?? PodOf()));
        var answer = await ValidateAsync(filled);
        Assert.True(answer.GetProperty("allowed").GetBoolean(), answer.ToString());
        return filled;
    }

    /// <summary>Stored and bound to a node, running.</summary>
    public void Persist(JsonObject pod)
    {
        var stored = (JsonObject)pod.DeepClone();
        stored["status"] = new JsonObject { ["phase"] = "Pending" };
        StandIn.World.Put("pods", stored);
        StandIn.World.Change("pods", NameOf(pod), there =>
        {
            there["spec"]!["nodeName"] = "node-1";
            there["status"]!["phase"] = "Running";
        });
    }

    public async Task<JsonObject> RunAsync(JsonObject? pod = null)
    {
        var admitted = await AdmitAsync(pod);
        Persist(admitted);
        return admitted;
    }

    public static string NameOf(JsonObject pod) => $"{(string)pod["metadata"]!["namespace"]!}/{(string)pod["metadata"]!["name"]!}";

    public static string UidOf(JsonObject pod) => (string)pod["metadata"]!["uid"]!;

    public string TokenOf(JsonObject pod, TimeSpan? life = null) =>
        Broker.Scene.Cluster.PodToken((string)pod["metadata"]!["namespace"]!, (string)pod["spec"]!["serviceAccountName"]!, UidOf(pod), life, (string)pod["metadata"]!["name"]!);

    public Task<Reply> ClaimAsync(JsonObject pod, string template = "token") => Broker.Scene.ClaimAsync(TokenOf(pod), template);

    /// <summary>Claims until it is no longer too early; the limit is a safety net.</summary>
    public async Task<Reply> ClaimUntilAsync(JsonObject pod, string template = "token")
    {
        for (var i = 0; ; i++)
        {
            var reply = await ClaimAsync(pod, template);
            if ((int)reply.Status != 425) return reply;
            Assert.True(i < 600, "the candidate was not confirmed");
            await Task.Delay(20);
        }
    }

    public async Task<string> LeaseOfAsync(JsonObject pod)
    {
        var reply = await ClaimUntilAsync(pod);
        Assert.True(reply.Status == System.Net.HttpStatusCode.Created, reply.Body);
        return reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> FindingAsync(string kind, string part = "")
    {
        for (var i = 0; ; i++)
        {
            var list = (await Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/findings?resolved=true")).Json.GetProperty("findings").EnumerateArray();
            if (list.FirstOrDefault(f => f.GetProperty("kind").GetString() == kind && f.GetProperty("detail").GetString()!.Contains(part, StringComparison.Ordinal)) is { ValueKind: JsonValueKind.Object } found) return found;
            Assert.True(i < 300, $"no finding {kind} {part}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        await StandIn.DisposeAsync();
        Folder.Dispose();
        Assert.Empty(StandIn.Undocumented);
    }
}
