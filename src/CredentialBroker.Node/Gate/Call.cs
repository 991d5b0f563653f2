using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialBroker.Node.Gate;

/// <summary>What the engine asks before it does something, and tells after; the member names are the engine's, which differ from its documentation.</summary>
internal sealed record Call
{
    public string? User { get; init; }

    [JsonPropertyName("UserAuthNMethod")]
    public string? Method { get; init; }

    [JsonPropertyName("RequestMethod")]
    public string Verb { get; init; } = "";

    [JsonPropertyName("RequestUri")]
    public string Uri { get; init; } = "";

    [JsonPropertyName("RequestBody")]
    public byte[]? Body { get; init; }

    [JsonPropertyName("RequestHeaders")]
    public Dictionary<string, string>? Headers { get; init; }

    /// <summary>PEM, in base64, the caller's own first.</summary>
    [JsonPropertyName("RequestPeerCertificates")]
    public byte[][]? Certificates { get; init; }

    [JsonPropertyName("ResponseStatusCode")]
    public int? Status { get; init; }

    [JsonPropertyName("ResponseBody")]
    public byte[]? Answer { get; init; }

    [JsonPropertyName("ResponseHeaders")]
    public Dictionary<string, string>? AnswerHeaders { get; init; }

    /// <summary>A header of the caller's request; the engine has collapsed several of a name to one.</summary>
    public string? Header(string name) => Headers?.FirstOrDefault(one => one.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

/// <summary>The plugin's answer. What is not allowed, the engine refuses with the message.</summary>
internal sealed record Verdict(bool Allow, string? Msg = null, string? Err = null);

internal sealed record Activation(IReadOnlyList<string> Implements);

[JsonSourceGenerationOptions(UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8)]
[JsonSerializable(typeof(Call))]
[JsonSerializable(typeof(Verdict))]
[JsonSerializable(typeof(Activation))]
internal sealed partial class CallJson : JsonSerializerContext;
