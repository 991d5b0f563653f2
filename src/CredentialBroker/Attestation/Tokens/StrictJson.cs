using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace CredentialBroker.Attestation;

/// <summary>
/// JSON that every parser reads alike: one object, valid UTF-8, no duplicate member at any depth, nothing after it.
/// Two parsers that disagree about a token are how a forged claim passes.
/// </summary>
internal static class StrictJson
{
    internal const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Documents = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    internal static bool TryReadObject(ReadOnlySpan<byte> utf8, out JsonElement value, [NotNullWhen(false)] out string? fault)
    {
        value = default;
        fault = Fault(utf8);
        if (fault is not null)
        {
            return false;
        }

        try
        {
            value = JsonElement.Parse(utf8, Documents);
        }
        catch (JsonException)
        {
            fault = "has a duplicate member";
            return false;
        }

        return true;
    }

    private static string? Fault(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return "is not UTF-8";
        }

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return "is not a JSON object";
            }

            while (reader.Read())
            {
                // Reading the text finds escapes that stand for no character, such as half a surrogate pair.
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
                {
                    _ = reader.GetString();
                }
            }
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException)
        {
            return "is not one well-formed JSON object of bounded depth";
        }

        return null;
    }
}
