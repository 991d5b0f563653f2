using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Clusters;

/// <summary>Objects of a small cluster, questions about them, and the configuration of a broker that gates it.</summary>
internal static class ClusterShapes
{
    public const string GateToken = "the-token-that-the-api-server-shows-0123456789";
    public const string ServiceAccountUid = "5d1c3c1e-8f3a-4b7e-9a55-000000000001";

    /// <summary>What every test's cluster has, and the files that broker and API server show each other.</summary>
    public static void Furnish(SceneFolder folder, ClusterStandIn standIn)
    {
        File.WriteAllText(Path.Combine(folder.Path, "cluster-token"), standIn.NewCaller());
        File.WriteAllText(Path.Combine(folder.Path, "gate-token"), GateToken);
        standIn.World.Put("namespaces", Named("shop"));
        standIn.World.Put("nodes", Named("node-1"));
        standIn.World.Put("serviceaccounts", Named("checkout", "shop", ServiceAccountUid));
        foreach (var which in new[] { "mutating", "validating" }) standIn.World.Put($"{which}webhookconfigurations", Webhooks(which));
    }

    public static void Configure(JsonObject configuration, SceneFolder folder, ClusterStandIn standIn, Action<JsonObject>? change)
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
        var metadata = new JsonObject { ["name"] = name, ["uid"] = uid ?? Protocol.Ids.New(TimeProvider.System) };
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
    public static JsonObject PodOf(string name, string templates = "token", string account = "checkout") => new()
    {
        ["apiVersion"] = "v1", ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["namespace"] = "shop", ["name"] = name, ["annotations"] = new JsonObject { ["credbroker.io/templates"] = templates } },
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
            ["uid"] = Protocol.Ids.New(TimeProvider.System), ["operation"] = operation, ["dryRun"] = dryRun, ["namespace"] = (string?)thing?["metadata"]?["namespace"] ?? "shop", ["name"] = name ?? (string?)thing?["metadata"]?["name"] ?? "",
            ["resource"] = new JsonObject { ["group"] = group, ["version"] = version, ["resource"] = last }, ["kind"] = new JsonObject { ["group"] = kinds.Item1, ["version"] = kinds.Item2, ["kind"] = kinds.Item3 },
            ["userInfo"] = new JsonObject { ["username"] = user, ["groups"] = new JsonArray([.. groups.Select(one => (JsonNode)one)]) }, ["object"] = thing?.DeepClone(), ["oldObject"] = old?.DeepClone(), ["options"] = null,
        };
        if (sub.Length > 0) request["subResource"] = sub;
        return new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["request"] = request };
    }
}
