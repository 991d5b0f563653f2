using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Shapes that the API server answers in.</summary>
internal static class KubernetesReply
{
    public static StandInAnswer Status(int code, string reason, string message, string kind = "", string name = "") => new(code, new JsonObject
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Failure", ["message"] = message, ["reason"] = reason,
        ["details"] = kind.Length == 0 ? null : new JsonObject { ["name"] = name, ["kind"] = kind }, ["code"] = code,
    });

    public static StandInAnswer List(string kind, JsonNode[] items) => new(200, new JsonObject
    {
        ["kind"] = kind, ["apiVersion"] = kind.StartsWith("Partial", StringComparison.Ordinal) ? "meta.k8s.io/v1" : "v1", ["metadata"] = new JsonObject { ["resourceVersion"] = "1" }, ["items"] = new JsonArray(items),
    });
}
