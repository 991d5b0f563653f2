using System.Text.Json;

namespace CredentialBroker.Hosting;

/// <summary>The values of one claim: a text, a truth value, or the texts of an array.</summary>
internal static class ClaimValues
{
    /// <param name="claim">A name, or a JSON Pointer (RFC 6901) to a claim within claims; array positions are none.</param>
    public static IEnumerable<string> Of(JsonElement claims, string claim)
    {
        var at = claims;
        foreach (var step in claim.StartsWith('/') ? claim[1..].Split('/').Select(Unescape) : [claim])
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at)) return [];
        }

        return at.ValueKind switch
        {
            JsonValueKind.String => [at.GetString()!],
            JsonValueKind.True => ["true"],
            JsonValueKind.False => ["false"],
            JsonValueKind.Array => [.. at.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)],
            _ => [],
        };
    }

    // RFC 6901 section 4: ~1 before ~0.
    private static string Unescape(string step) => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
