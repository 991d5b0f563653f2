using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Protocol;

namespace CredentialBroker.Sidecar.Configuration;

/// <summary>Durations in the configuration are written as everywhere else: <c>90s</c>, <c>15m</c>.</summary>
internal sealed class DurationText : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Durations.TryParse(reader.GetString(), out var duration)
            ? duration
            : throw new JsonException("not a duration such as 90s, 15m or 1h30m");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Durations.Format(value));
}
