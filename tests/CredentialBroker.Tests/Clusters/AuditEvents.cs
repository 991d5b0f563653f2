using System.Text.Json.Nodes;

namespace CredentialBroker.Clusters;

/// <summary>What an API server's audit webhook sends (audit.k8s.io/v1).</summary>
internal static class AuditEvents
{
    public static string Of(params JsonObject[] events) => new JsonObject { ["kind"] = "EventList", ["apiVersion"] = "audit.k8s.io/v1", ["metadata"] = new JsonObject(), ["items"] = new JsonArray([.. events]) }.ToJsonString();

    public static JsonObject Created(JsonObject pod, int code = 201, string query = "", string stage = "ResponseComplete") => About("create", pod, code, query, stage);

    public static JsonObject Deleted(JsonObject pod) => About("delete", pod, 200, "", "ResponseComplete");

    private static JsonObject About(string verb, JsonObject pod, int code, string query, string stage) => new()
    {
        ["level"] = "RequestResponse", ["auditID"] = Protocol.Ids.New(TimeProvider.System), ["stage"] = stage, ["requestURI"] = $"/api/v1/namespaces/shop/pods{query}", ["verb"] = verb,
        ["user"] = new JsonObject { ["username"] = "alice" }, ["objectRef"] = new JsonObject { ["resource"] = "pods", ["namespace"] = (string)pod["metadata"]!["namespace"]!, ["name"] = (string)pod["metadata"]!["name"]!, ["apiVersion"] = "v1" },
        ["responseStatus"] = new JsonObject { ["code"] = code }, ["responseObject"] = pod.DeepClone(), ["annotations"] = new JsonObject { ["authorization.k8s.io/decision"] = "allow" },
    };
}
