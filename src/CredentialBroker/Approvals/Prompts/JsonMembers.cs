using System.Text.Json;

namespace CredentialBroker.Approvals.Prompts;

/// <summary>
/// Reads the few members that are used of a forge's documents, which have hundreds. A member that is missing or of another
/// kind is null, and null is never equal to anything that was expected.
/// </summary>
internal static class JsonMembers
{
    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }

        return element;
    }

    public static long? Number(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number > 0 ? number : null;

    /// <summary>How many of something there are; none is a number too.</summary>
    public static long? Count(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number >= 0 ? number : null;

    /// <summary>A text of at most 256 plain characters.</summary>
    public static string? Word(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 and <= 256 } text && Text.IsPlain(text) ? text : null;

    public static IEnumerable<JsonElement> Items(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];
}
