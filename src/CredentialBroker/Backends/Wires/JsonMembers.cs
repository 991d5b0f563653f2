using System.Text.Json;

namespace CredentialBroker.Backends.Wires;

/// <summary>Members of an answer, asked for by name and kind; one that is missing or of another kind is absent.</summary>
internal static class JsonMembers
{
    private const long FarthestSecond = 253_402_300_799;

    public static JsonElement? Object(this JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    public static string? Text(this JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    public static bool Truth(this JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>Whole seconds, not negative.</summary>
    public static long? Seconds(this JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is >= 0 and <= FarthestSecond ? seconds : null;

    /// <summary>Null when it is no list of texts.</summary>
    public static IReadOnlyList<string>? Texts(this JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(one => one.GetString()!)]
            : null;
}
