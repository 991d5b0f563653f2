using System.Net;
using System.Text.Json;
using System.Text.Unicode;

namespace CredentialBroker.Backends.Wires;

/// <summary>What a target answered. Its words are never passed on: they may quote anything.</summary>
/// <param name="MediaType">Of the body, without parameters.</param>
internal sealed record WireAnswer(HttpStatusCode Status, string? MediaType, byte[] Body)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 24 };

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The object that the body is; null when it is no strict JSON object, or does not say that it is JSON.</summary>
    public JsonElement? Json { get; } = MediaType is { } type && (type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal)) ? Parse(Body) : null;

    private static JsonElement? Parse(byte[] body)
    {
        if (!Utf8.IsValid(body)) return null;
        try
        {
            return JsonElement.Parse(body, Strict) is { ValueKind: JsonValueKind.Object } json ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
