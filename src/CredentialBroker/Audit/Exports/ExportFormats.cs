using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit.Exports;

/// <summary>How records are told to somebody else.</summary>
internal interface IExportFormat
{
    /// <summary>Of a request that carries many.</summary>
    string ContentType { get; }

    /// <summary>Whether many go as one JSON array, instead of a line each.</summary>
    bool IsArray { get; }

    /// <summary>These records, which lie side by side in the tree.</summary>
    Task<IReadOnlyList<ExportedEvent>> WriteAsync(IReadOnlyList<SealedRecord> records, CancellationToken cancel);
}

/// <summary>As <c>audit verify</c> reads them, with the checkpoints between them.</summary>
internal sealed class NativeFormat(CheckpointStore checkpoints) : IExportFormat
{
    private const int Most = 1000;

    public string ContentType => "application/x-ndjson";

    public bool IsArray => false;

    public async Task<IReadOnlyList<ExportedEvent>> WriteAsync(IReadOnlyList<SealedRecord> records, CancellationToken cancel)
    {
        var events = new List<ExportedEvent>(records.Count + 4);
        if (records.Count == 0) return events;
        // A checkpoint may be signed after all it covers went out, so that it stands before the record that follows.
        var between = new Queue<CheckpointView>((await checkpoints.AfterAsync(records[0].Position - 1, Most, cancel)).Where(c => c.Size > 0 && c.Size <= records[^1].Position));
        foreach (var record in records)
        {
            while (between.TryPeek(out var checkpoint) && checkpoint.Size == record.Position)
            {
                events.Add(new ExportedEvent(record.Position, IsRecord: false, Line(to => ExportText.Write(to, checkpoint.Note))));
                between.Dequeue();
            }

            events.Add(new ExportedEvent(record.Position, IsRecord: true, Line(to => ExportText.Write(to, record.Position, record.Line))));
        }

        return events;
    }

    private static ReadOnlyMemory<byte> Line(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        write(buffer);
        return buffer.WrittenMemory[..^1];
    }
}

/// <summary>CloudEvents 1.0, structured: id is the record's, so that whoever gets one twice can tell.</summary>
internal sealed class CloudEventsFormat(string source) : IExportFormat
{
    public string ContentType => "application/cloudevents-batch+json";

    public bool IsArray => true;

    public Task<IReadOnlyList<ExportedEvent>> WriteAsync(IReadOnlyList<SealedRecord> records, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<ExportedEvent>>([.. records.Select(record => new ExportedEvent(record.Position, IsRecord: true, Write(record)))]);

    private ReadOnlyMemory<byte> Write(SealedRecord record) => EventJson.Write(record, (json, told) =>
    {
        json.WriteString("specversion"u8, "1.0"u8);
        json.WriteString("id"u8, told.Text("id"));
        json.WriteString("source"u8, source);
        json.WriteString("type"u8, $"dev.credbroker.{told.Text("type")}.v1");
        json.WriteString("time"u8, told.Time.ToString("O", CultureInfo.InvariantCulture));
        if ((told.Text("lease") ?? told.Text("approval") ?? told.Text("subject")) is { } subject) json.WriteString("subject"u8, subject);
        json.WriteString("sequence"u8, record.Position.ToString("D20", CultureInfo.InvariantCulture));
        if ((told.Text("task") ?? told.Text("approval")) is { } correlation) json.WriteString("correlationid"u8, correlation);
        if ((told.Text("decision", "id") ?? told.Text("approval")) is { } causation) json.WriteString("causationid"u8, causation);
        json.WriteString("datacontenttype"u8, "application/json"u8);
        json.WritePropertyName("data"u8);
        told.Root.WriteTo(json);
    });
}

/// <summary>A record's members, read for an export.</summary>
internal readonly record struct ToldRecord(JsonElement Root)
{
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(Root.GetProperty("time").GetInt64());

    public string? Text(params ReadOnlySpan<string> path)
    {
        var at = Root;
        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at)) return null;
        }

        return at.ValueKind == JsonValueKind.String ? at.GetString() : null;
    }

    public long? Number(string block, string name) =>
        Root.TryGetProperty(block, out var at) && at.TryGetProperty(name, out var value) && value.TryGetInt64(out var number) ? number : null;
}

/// <summary>Writes one event from one record.</summary>
internal static class EventJson
{
    private static readonly JsonWriterOptions Short = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Write(SealedRecord record, Action<Utf8JsonWriter, ToldRecord> members)
    {
        using var body = JsonDocument.Parse(record.Line.Body);
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, Short))
        {
            json.WriteStartObject();
            members(json, new ToldRecord(body.RootElement));
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
