using System.Text.Json;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.WebConsole.Audit;

/// <summary>A signed checkpoint, and the name of the published key that signed it.</summary>
public sealed record SignedCheckpoint(long Size, DateTimeOffset At, string? Signer);

/// <summary>One audit record as a row.</summary>
public sealed record AuditRecord(DateTimeOffset At, string Type, string Stream, string? Lease, string? Template, string? Actor, string? What, string Place, string Body)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static AuditRecord Of(AuditLine line)
    {
        using var document = JsonDocument.Parse(line.Body);
        var root = document.RootElement;
        var decision = root.TryGetProperty("decision", out var block) ? block : default;
        return new AuditRecord(
            DateTimeOffset.FromUnixTimeMilliseconds(root.GetProperty("time").GetInt64()), Text(root, "type") ?? "", Text(root, "stream") ?? "", Text(root, "lease"), Text(root, "template"),
            Text(root, "actor") ?? (root.TryGetProperty("caller", out var caller) ? Text(caller, "workload") : null),
            string.Join(", ", new[] { Text(decision, "effect"), Text(decision, "reasonCode"), Text(root, "cause"), Text(root, "detail") }.Where(text => text is not null and not "ok")),
            $"chain {line.Chain} record {line.Seq}", JsonSerializer.Serialize(root, Indented));
    }

    private static string? Text(JsonElement at, string name) =>
        at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
