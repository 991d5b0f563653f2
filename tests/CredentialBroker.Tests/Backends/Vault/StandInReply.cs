using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>One answer of the stand-in, in Vault's envelope.</summary>
internal sealed record StandInReply(int Status, JsonObject? Body = null)
{
    public static StandInReply Done { get; } = new(204);

    public static JsonObject Errors(params string[] texts) => new() { ["errors"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]) };

    /// <summary>A refusal in the wrapping that many of Vault's have.</summary>
    public static StandInReply Refused(int status, string text) => new(status, Errors($"1 error occurred:\n\t* {text}\n\n"));

    public static StandInReply Envelope(JsonObject? data = null, JsonObject? auth = null, string leaseId = "", bool renewable = false, long duration = 0, string? warning = null) => new(200, new JsonObject
    {
        ["request_id"] = Protocol.Ids.New(TimeProvider.System), ["lease_id"] = leaseId, ["renewable"] = renewable, ["lease_duration"] = duration, ["data"] = data, ["wrap_info"] = null,
        ["warnings"] = warning is null ? null : new JsonArray(warning), ["auth"] = auth,
    });
}
