using System.Text.Json;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Output;

/// <summary>One audit record in one line: when, what, about which lease, by whom and why.</summary>
internal static class AuditText
{
    public static string Line(AuditLine line)
    {
        using var record = Parse(line);
        var root = record.RootElement;
        var why = Text(root, "decision", "reasonCode") ?? Text(root, "cause");
        var who = Text(root, "actor") ?? Text(root, "caller", "workload");
        string?[] rest = [Text(root, "template"), who, why, Text(root, "subject"), Text(root, "detail")];
        return Printable.Of(
            $"{Times.Of(TimeOf(line, root))}  {Text(root, "stream"),-8}  {Text(root, "type"),-24}  {Text(root, "lease") ?? "-",-26}  {string.Join("  ", rest.Where(r => r is not null))}").TrimEnd();
    }

    public static DateTimeOffset TimeOf(AuditLine line)
    {
        using var record = Parse(line);
        return TimeOf(line, record.RootElement);
    }

    private static DateTimeOffset TimeOf(AuditLine line, JsonElement root) =>
        root.TryGetProperty("time", out var time) && time.ValueKind == JsonValueKind.Number && time.TryGetInt64(out var ms) && ms is >= 0 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : throw NoRecord(line, null);

    private static JsonDocument Parse(AuditLine line)
    {
        try
        {
            var record = JsonDocument.Parse(line.Body);
            return record.RootElement.ValueKind == JsonValueKind.Object ? record : throw NoRecord(line, null);
        }
        catch (JsonException fault)
        {
            throw NoRecord(line, fault);
        }
    }

    private static CommandException NoRecord(AuditLine line, Exception? fault) =>
        CommandException.Fault($"chain {line.Chain} record {line.Seq} is no audit record", fault);

    private static string? Text(JsonElement of, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (of.ValueKind != JsonValueKind.Object || !of.TryGetProperty(name, out of)) return null;
        }

        return of.ValueKind == JsonValueKind.String ? of.GetString() : null;
    }
}
