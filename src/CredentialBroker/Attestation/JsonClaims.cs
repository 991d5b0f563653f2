using System.Text.Json;

namespace CredentialBroker.Attestation;

internal static class JsonClaims
{
    /// <summary>The member's text, or null when it is absent or anything but text.</summary>
    internal static string? Text(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;
}
