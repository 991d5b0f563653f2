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
    public const string GateToken = "the-token-that-the-api-server-shows-0123456789";
    public const string ServiceAccountUid = "5d1c3c1e-8f3a-4b7e-9a55-000000000001";

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
        File.WriteAllText(Path.Combine(folder.Path, "cluster-token"), standIn.NewCaller());
        File.WriteAllText(Path.Combine(folder.Path, "gate-token"), GateToken);
        standIn.World.Put("namespaces", Named("shop"));
        standIn.World.Put("nodes", Named("node-1"));
        standIn.World.Put("serviceaccounts", Named("checkout", "shop", ServiceAccountUid));
        foreach (var which in new[] { "mutating", "validating" }) standIn.World.Put($"{which}webhookconfigurations", Webhooks(which));
        world?.Invoke(standIn.World);
        var broker = await Brokers.StartAsync(store, configuration => Configure(configuration, folder, standIn, change), folder, services: services);
        var rig = new ClusterRig(broker, standIn, folder);
        await broker.Scene.ActivateAsync(SceneFolder.Token(ttl: "5m").Replace("[gate]", "[admit]", StringComparison.Ordinal));
        return rig;
    }

    private static void Configure(JsonObject configuration, SceneFolder folder, ClusterStandIn standIn, Action<JsonObject>? change)
    {
        configuration["Clusters"] = new JsonObject { ["cluster"] = new JsonObject { ["Server"] = standIn.Address.ToString(), ["TokenFile"] = Path.Combine(folder.Path, "cluster-token") } };
        configuration["Admission"] = new JsonObject { ["cluster"] = new JsonObject { ["Budget"] = "00:00:05" } };
        configuration["TrustSources"]!["Workloads"]!["cluster"]!["Cluster"] = "cluster";
        configuration["TrustSources"]!["Approvals"]!["admit"] = new JsonObject
        {
            ["Format"] = "admission", ["Cluster"] = "cluster", ["Authentication"] = "token", ["SecretFile"] = Path.Combine(folder.Path, "gate-token"), ["MaxTier"] = "standard",
            ["Environments"] = new JsonArray("test"), ["Templates"] = new JsonArray("token", "orders"), ["Owners"] = configuration["TrustSources"]!["Workloads"]!["cluster"]!["Owners"]!.DeepClone(),
        };
        change?.Invoke(configuration);
    }

    public static JsonObject Named(string name, string? space = null, string? uid = null)
    {
        var metadata = new JsonObject { ["name"] = name, ["uid"] = uid ?? Guid.NewGuid().ToString() };
        if (space is not null) metadata["namespace"] = space;
        return new JsonObject { ["metadata"] = metadata };
    }

    public static JsonObject Webhooks(string which)
    {
        var rules = new JsonArray(Rule("CREATE", "pods"));
        if (which == "validating")
        {
            foreach (var (operation, resource) in new[] { ("UPDATE", "pods"), ("UPDATE", "pods/ephemeralcontainers"), ("CONNECT", "pods/exec"), ("CONNECT", "pods/attach"), ("CONNECT", "pods/portforward"), ("CREATE", "serviceaccounts/token") })
                rules.Add(Rule(operation, resource));
        }

        var configuration = Named("credential-broker");
        configuration["webhooks"] = new JsonArray(new JsonObject
        {
            ["name"] = $"{which}.credbroker.example", ["failurePolicy"] = "Fail", ["matchPolicy"] = "Equivalent", ["sideEffects"] = "NoneOnDryRun", ["timeoutSeconds"] = 3, ["rules"] = rules,
            ["clientConfig"] = new JsonObject { ["url"] = $"https://broker.example/admission/cluster/{(which == "mutating" ? "mutate" : "validate")}" },
        });
        return configuration;
    }

    private static JsonObject Rule(string operation, string resource) =>
        new() { ["operations"] = new JsonArray(operation), ["apiGroups"] = new JsonArray(""), ["apiVersions"] = new JsonArray("v1"), ["resources"] = new JsonArray(resource), ["scope"] = "*" };

    /// <summary>A pod as its author writes it.</summary>
    public JsonObject PodOf(string? name = null, string templates = "token", string account = "checkout") => new()
    {
        ["apiVersion"] = "v1", ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["namespace"] = "shop", ["name"] = name ?? $"checkout-{Interlocked.Increment(ref _number)}", ["annotations"] = new JsonObject { ["credbroker.io/templates"] = templates } },
        ["spec"] = new JsonObject
        {
            ["serviceAccountName"] = account, ["automountServiceAccountToken"] = false,
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = $"registry.example/shop/checkout@sha256:{new string('a', 64)}", ["resources"] = new JsonObject() }),
        },
    };

    public static JsonObject ReviewOf(string operation, string resource, string kind, JsonObject? thing, JsonObject? old = null, string sub = "", string? name = null, bool dryRun = false, string user = "system:serviceaccount:kube-system:replicaset-controller", params string[] groups)
    {
        var (group, version, last) = resource.Split('/') is [var g, var v, var r] ? (g, v, r) : ("", "v1", resource);
        var kinds = kind.Split('/') is [var kg, var kv, var k] ? (kg, kv, k) : ("", "v1", kind);
        var request = new JsonObject
        {
            ["uid"] = Guid.NewGuid().ToString(), ["operation"] = operation, ["dryRun"] = dryRun, ["namespace"] = (string?)thing?["metadata"]?["namespace"] ?? "shop", ["name"] = name ?? (string?)thing?["metadata"]?["name"] ?? "",
            ["resource"] = new JsonObject { ["group"] = group, ["version"] = version, ["resource"] = last }, ["kind"] = new JsonObject { ["group"] = kinds.Item1, ["version"] = kinds.Item2, ["kind"] = kinds.Item3 },
            ["userInfo"] = new JsonObject { ["username"] = user, ["groups"] = new JsonArray([.. groups.Select(one => (JsonNode)one)]) }, ["object"] = thing?.DeepClone(), ["oldObject"] = old?.DeepClone(), ["options"] = null,
        };
        if (sub.Length > 0) request["subResource"] = sub;
        return new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["request"] = request };
    }

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
        filled["metadata"]!["uid"] = Guid.NewGuid().ToString();
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
