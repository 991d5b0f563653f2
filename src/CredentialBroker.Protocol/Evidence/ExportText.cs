using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// Writes an export: one JSON object to a line. Records stand in the order of the tree and say their position; a
/// checkpoint stands after the last record that it covers; what was dropped is said first.
/// </summary>
public static class ExportText
{
    // Quotes are escaped as two characters instead of six: most of a record is JSON again.
    private static readonly JsonWriterOptions Short = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes a record's line.</summary>
    public static void Write(IBufferWriter<byte> to, long position, AuditLine record)
    {
        ArgumentNullException.ThrowIfNull(record);
        Line(to, json =>
        {
            json.WriteNumber("position"u8, position);
            json.WriteNumber("chain"u8, record.Chain);
            json.WriteNumber("seq"u8, record.Seq);
            json.WriteString("hash"u8, record.Hash);
            json.WriteString("body"u8, record.Body);
        });
    }

    /// <summary>Writes a checkpoint's line.</summary>
    public static void Write(IBufferWriter<byte> to, string checkpoint) => Line(to, json => json.WriteString("checkpoint"u8, checkpoint));

    /// <summary>Writes the line that says what was dropped.</summary>
    public static void Write(IBufferWriter<byte> to, AbsentRecords absent) => Line(to, json =>
    {
        json.WritePropertyName("absent"u8);
        JsonSerializer.Serialize(json, absent, ProtocolJson.Default.AbsentRecords);
    });

    private static void Line(IBufferWriter<byte> to, Action<Utf8JsonWriter> members)
    {
        ArgumentNullException.ThrowIfNull(to);
        using (var json = new Utf8JsonWriter(to, Short))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        to.Write("\n"u8);
    }
}
