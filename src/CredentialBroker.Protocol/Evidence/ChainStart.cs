using System.Text.Json;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>What the first record of a chain says about it.</summary>
internal sealed record ChainStart(long Chain, (long Chain, long Seq, string? Hash)? Predecessor)
{
    /// <summary>Reads it; null when the record is none.</summary>
    public static ChainStart? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var record = JsonDocument.Parse(body);
            if (Member(record.RootElement, "chain") is not { } start || Number(start, "chain") is not { } chain) return null;
            if (Member(start, "predecessor") is null) return new ChainStart(chain, null);
            return Number(start, "predecessor") is { } before && Number(start, "predecessorSeq") is >= 0 and { } seq
                ? new ChainStart(chain, (before, seq, Member(start, "predecessorHash") is { ValueKind: JsonValueKind.String } hash ? hash.GetString() : null))
                : null;
        }
        catch (JsonException)
        {
            // A text that is no JSON is no genesis, which is what null says.
            return null;
        }
    }

    private static JsonElement? Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;

    private static long? Number(JsonElement of, string name) =>
        Member(of, name) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out var number) ? number : null;
}
