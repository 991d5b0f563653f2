using System.Net;
using System.Text.Json;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// What Vault answered. Members are asked for by name and kind; one that is missing or of another kind is absent. Error
/// texts are looked into for a known phrase and never passed on: they may quote anything.
/// </summary>
internal sealed record VaultAnswer(HttpStatusCode Status, JsonElement? Body)
{
    private const double FarthestSecond = 253_402_300_799;

    public bool IsSuccess => (int)Status is 200 or 201 or 204;

    /// <summary>Told in place of a documented 204 where there was nothing to do.</summary>
    public bool HasWarnings => Body is { } body && body.TryGetProperty("warnings"u8, out var warnings) && warnings.ValueKind == JsonValueKind.Array && warnings.GetArrayLength() > 0;

    /// <summary>An object of the envelope, such as <c>auth</c> or <c>data</c>.</summary>
    public JsonElement? Object(string name) => Body is { } body ? Object(body, name) : null;

    public string? Text(string name) => Body is { } body ? Text(body, name) : null;

    public long? Seconds(string name) => Body is { } body ? Seconds(body, name) : null;

    public bool Truth(string name) => Body is { } body && Truth(body, name);

    public static JsonElement? Object(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    public static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    public static bool Truth(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>Whole seconds, not negative.</summary>
    public static long? Seconds(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is >= 0 and <= (long)FarthestSecond ? seconds : null;

    /// <summary>Null when it is no list of texts.</summary>
    public static IReadOnlyList<string>? Texts(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(one => one.GetString()!)]
            : null;

    /// <summary>Whether an error speaks of something: errors are wrapped in other text, so that only a phrase can be looked for.</summary>
    public bool Says(string phrase) => Body is { } body && Texts(body, "errors") is { } errors && errors.Any(error => error.Contains(phrase, StringComparison.OrdinalIgnoreCase));
}
