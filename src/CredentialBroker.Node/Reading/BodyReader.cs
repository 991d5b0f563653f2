using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace CredentialBroker.Node.Reading;

/// <summary>
/// Reads a request's JSON so that the engine cannot read it differently. Go finds fields by folded names and merges what
/// appears twice; this reader refuses whatever those two rules would give another meaning.
/// </summary>
internal static class BodyReader
{
    public const int Deepest = 32;

    /// <exception cref="UnreadableException">It is not JSON, or is JSON that two readers may read differently.</exception>
    public static Value.Members Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) throw new UnreadableException(Refusals.Encoding, "the body is no UTF-8");
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Deepest, CommentHandling = JsonCommentHandling.Disallow });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw new UnreadableException(Refusals.Json, "the body is no object");
            var read = Object(ref reader, "", isMap: false);
            if (reader.Read()) throw new UnreadableException(Refusals.Json, "something follows the object");
            return read;
        }
        catch (JsonException fault)
        {
            throw new UnreadableException(Refusals.Json, $"the body is no JSON, at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine}");
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, as an escape: Go puts U+FFFD in its place and goes on.
            throw new UnreadableException(Refusals.Encoding, "a text of the body is no Unicode");
        }
    }

    private static Value.Members Object(ref Utf8JsonReader reader, string within, bool isMap)
    {
        var members = new Dictionary<string, Value>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            if (!isMap && !Ascii.IsValid(name)) throw new UnreadableException(Refusals.Name, "a member's name is not ASCII");
            var key = isMap ? name : GoNames.Fold(name);
            reader.Read();
            if (!members.TryAdd(key, Any(ref reader, key, isFree: !isMap && FreeMaps.Is(within, key)))) throw new UnreadableException(Refusals.Twice, "a member appears twice to a reader that folds names");
        }

        return new Value.Members(members);
    }

    private static Value Any(ref Utf8JsonReader reader, string name, bool isFree) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Object(ref reader, name, isFree),
        JsonTokenType.StartArray => Items(ref reader, name),
        JsonTokenType.String => new Value.Text(reader.GetString()!),
        JsonTokenType.Number => new Value.Number(Encoding.ASCII.GetString(reader.ValueSpan)),
        JsonTokenType.True => new Value.Truth(true),
        JsonTokenType.False => new Value.Truth(false),
        _ => new Value.Nothing(),
    };

    private static Value.List Items(ref Utf8JsonReader reader, string name)
    {
        var items = new List<Value>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(Any(ref reader, name, isFree: false));
        return new Value.List(items);
    }
}
