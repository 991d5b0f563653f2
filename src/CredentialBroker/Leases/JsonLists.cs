using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialBroker.Leases;

/// <summary>Lists of texts in columns, such as <c>["ann","bob"]</c>: written in one spelling, so that a value can be sought in them.</summary>
internal static partial class JsonLists
{
    public static string Write(IReadOnlyList<string> values) => JsonSerializer.Serialize(values, Json.Default.IReadOnlyListString);

    public static IReadOnlyList<string> Read(string? list) => list is null ? [] : JsonSerializer.Deserialize(list, Json.Default.IReadOnlyListString) ?? [];

    /// <summary>The values as selectors see them, a line each; null when there are none.</summary>
    public static string? Lines(IReadOnlyList<string> values) => values.Count == 0 ? null : string.Join('\n', values);

    [JsonSerializable(typeof(IReadOnlyList<string>))]
    private sealed partial class Json : JsonSerializerContext;
}
