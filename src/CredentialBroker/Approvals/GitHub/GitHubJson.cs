using System.Text.Json;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>
/// Reads the few members that are used of GitHub's documents, which have hundreds. A member that is missing or of another
/// kind is null, and null is never equal to anything that was expected.
/// </summary>
internal static class GitHubJson
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

    /// <summary>A text of at most 256 plain characters.</summary>
    public static string? Word(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 and <= 256 } text && Text.IsPlain(text) ? text : null;

    public static IEnumerable<JsonElement> Items(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>The id at the end of a URL, which is all that is ever read of one.</summary>
    public static long? IdAfter(this string? url, string marker)
    {
        if (url?.LastIndexOf(marker, StringComparison.Ordinal) is not (>= 0 and var at)) return null;
        var rest = url.AsSpan(at + marker.Length);
        var end = rest.IndexOf('/');
        var digits = end < 0 ? rest : rest[..end];
        return digits.Length is > 0 and <= 18 && !digits.ContainsAnyExceptInRange('0', '9') ? long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) : null;
    }
}
