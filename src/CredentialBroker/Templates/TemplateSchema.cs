using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Templates.Documents;

namespace CredentialBroker.Templates;

/// <summary>The JSON Schema (draft 2020-12) of template documents, written from the table that the compiler reads them by.</summary>
internal static class TemplateSchema
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        // The schema is a file for people and editors; nothing embeds it in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Json(IEnumerable<string> backends)
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = TemplateShape.Kind,
        };
        foreach (var (name, value) in Of(TemplateShape.For([.. backends.Order(StringComparer.Ordinal)]))) schema[name] = value?.DeepClone();
        return schema.ToJsonString(Readable) + "\n";
    }

    private static JsonObject Of(Shape shape) => shape switch
    {
        Shape.Text text => new() { ["type"] = "string", ["pattern"] = text.Pattern, ["maxLength"] = text.MaxLength },
        Shape.Choice { Words: [var only] } => new() { ["const"] = only },
        Shape.Choice choice => new() { ["enum"] = Words(choice.Words) },
        Shape.Whole whole => new() { ["type"] = "integer", ["minimum"] = whole.Least, ["maximum"] = whole.Most },
        Shape.Truth => new() { ["type"] = "boolean" },
        Shape.Duration => new() { ["type"] = "string", ["pattern"] = Durations.Pattern },
        Shape.ListOf list => new()
        {
            ["type"] = "array", ["items"] = Of(list.Item), ["minItems"] = 1, ["maxItems"] = list.MaxItems, ["uniqueItems"] = true,
        },
        Shape.OneOf one => new()
        {
            ["type"] = "object", ["properties"] = Properties(one.Names, name => name, _ => new() { ["type"] = "object" }),
            ["additionalProperties"] = false, ["minProperties"] = 1, ["maxProperties"] = 1,
        },
        Shape.Section section => new()
        {
            ["type"] = "object", ["properties"] = Properties(section.Members, member => member.Name, Of),
            ["required"] = Words(section.Members.Where(member => member.Required).Select(member => member.Name)),
            ["additionalProperties"] = false,
        },
        _ => throw new InvalidOperationException($"no schema for the shape {shape.GetType().Name}"),
    };

    private static JsonObject Of(Member member)
    {
        var schema = new JsonObject { ["description"] = member.Summary };
        foreach (var (name, value) in Of(member.Shape)) schema[name] = value?.DeepClone();
        if (member.Default is { } written)
        {
            schema["default"] = member.Shape is Shape.Whole or Shape.Truth ? JsonNode.Parse(written) : JsonValue.Create(written);
        }

        return schema;
    }

    private static JsonObject Properties<T>(IEnumerable<T> all, Func<T, string> name, Func<T, JsonObject> schema) =>
        new(all.Select(one => KeyValuePair.Create<string, JsonNode?>(name(one), schema(one))));

    private static JsonArray Words(IEnumerable<string> words) => [.. words.Select(word => (JsonNode?)JsonValue.Create(word))];
}
