using System.Text.Json;
using CredentialBroker.Policy;

namespace CredentialBroker.Issuance;

/// <summary>
/// Reads one meaning into an answer of the data API: <c>{"result":{"allow":true,"revision":"…"}}</c>, well-formed and of a
/// known revision, is a yes; <c>allow: false</c> is a no. A result without a revision takes that of its one bundle, where
/// provenance was asked for. An undefined result is neither.
/// </summary>
internal static class PolicyAnswer
{
    private const int Longest = 128;

    /// <param name="known">Revisions whose answers count; empty takes any that is named.</param>
    /// <returns>Null for what is neither yes nor no.</returns>
    public static Verdict? Read(byte[] answer, IReadOnlyList<string> known)
    {
        try
        {
            using var document = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("result", out var result) || result.ValueKind != JsonValueKind.Object) return null;
            if ((TextOf(result, "revision") ?? OfBundle(root)) is not { } revision || (known.Count > 0 && !known.Contains(revision))) return null;
            if (!result.TryGetProperty("allow", out var allow)) return null;
            var logged = TextOf(root, "decision_id");
            return allow.ValueKind switch
            {
                JsonValueKind.True => new Verdict.Allow(revision) { DecisionId = logged },
                JsonValueKind.False => new Verdict.Deny(revision, "the external policy said no") { DecisionId = logged },
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? OfBundle(JsonElement root) =>
        root.TryGetProperty("provenance", out var provenance) && provenance.ValueKind == JsonValueKind.Object
        && provenance.TryGetProperty("bundles", out var bundles) && bundles.ValueKind == JsonValueKind.Object
        && bundles.EnumerateObject().ToList() is [{ Value: { ValueKind: JsonValueKind.Object } only }] ? TextOf(only, "revision") : null;

    private static string? TextOf(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= Longest } text ? text : null;
}
