using System.Net;
using System.Text.Json;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Vault;

/// <summary>What Vault answered. Error texts are looked into for a known phrase and never passed on: they may quote anything.</summary>
internal sealed record VaultAnswer(HttpStatusCode Status, JsonElement? Body)
{
    public bool IsSuccess => (int)Status is 200 or 201 or 204;

    /// <summary>Told in place of a documented 204 where there was nothing to do.</summary>
    public bool HasWarnings => Body is { } body && body.TryGetProperty("warnings"u8, out var warnings) && warnings.ValueKind == JsonValueKind.Array && warnings.GetArrayLength() > 0;

    /// <summary>An object of the envelope, such as <c>auth</c> or <c>data</c>.</summary>
    public JsonElement? Object(string name) => Body?.Object(name);

    public string? Text(string name) => Body?.Text(name);

    public long? Seconds(string name) => Body?.Seconds(name);

    public bool Truth(string name) => Body?.Truth(name) == true;

    /// <summary>Whether an error speaks of something: errors are wrapped in other text, so that only a phrase can be looked for.</summary>
    public bool Says(string phrase) => Body?.Texts("errors") is { } errors && errors.Any(error => error.Contains(phrase, StringComparison.OrdinalIgnoreCase));
}
