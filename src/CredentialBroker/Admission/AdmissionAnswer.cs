using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Admission;

/// <summary>The answer to one question of the API server.</summary>
internal sealed record AdmissionAnswer(bool Allowed)
{
    /// <summary>Reason code of a no; <c>ok</c> of a yes.</summary>
    public string Code { get; init; } = "ok";

    /// <summary>Told to whoever asked the API server.</summary>
    public string? Message { get; init; }

    /// <summary>RFC 6902.</summary>
    public JsonArray? Patch { get; init; }

    /// <summary>Into the API server's own audit log.</summary>
    public IReadOnlyList<(string Name, string Value)> Notes { get; init; } = [];

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public static AdmissionAnswer Yes(params IReadOnlyList<(string, string)> notes) => new(true) { Notes = notes };

    public static AdmissionAnswer No(string code, string message) => new(false) { Code = code, Message = message };

    /// <summary>As the AdmissionReview that is sent.</summary>
    public JsonObject Json(string uid)
    {
        var notes = new JsonObject { ["decision"] = Allowed ? "allow" : "deny", ["reason"] = Code };
        foreach (var (name, value) in Notes) notes[name] = value;
        var response = new JsonObject { ["uid"] = uid, ["allowed"] = Allowed, ["auditAnnotations"] = notes };
        if (!Allowed) response["status"] = new JsonObject { ["code"] = Hosting.Problems.StatusOf(Code) is 503 ? 503 : 403, ["message"] = $"credential broker: {Message} ({Code})" };
        if (Patch is { Count: > 0 } patch)
        {
            response["patchType"] = "JSONPatch";
            response["patch"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(patch.ToJsonString()));
        }

        if (Warnings.Count > 0) response["warnings"] = new JsonArray([.. Warnings.Select(w => (JsonNode)w)]);
        return new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["response"] = response };
    }

    /// <summary>Nobody could say yes in time, or at all.</summary>
    public static AdmissionAnswer Unsure(string message) => No(ReasonCodes.AdmissionUndecided, message);
}
