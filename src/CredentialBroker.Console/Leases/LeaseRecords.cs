using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.WebConsole.Leases;

/// <summary>One audit record about a lease, as far as its picture needs it.</summary>
public sealed record LeaseRecord(string Type, DateTimeOffset At, string? Actor, string? Detail, string? Cause, string? Reason, int? Strength);

/// <summary>A lease's records out of its evidence, and whether that holds.</summary>
/// <param name="Problem">What verification found wrong; null when all of it holds.</param>
public sealed record LeaseEvidence(IReadOnlyList<LeaseRecord> Records, string? Problem, long? Size);

/// <summary>Reads a lease's evidence as an auditor gets it, and verifies it with the broker's published keys.</summary>
internal static class LeaseRecords
{
    public static async Task<LeaseEvidence> ReadAsync(BrokerClient api, string lease, CancellationToken cancel)
    {
        var bytes = await api.GetLeaseEvidenceAsync(lease, cancel);
        var keys = VerificationKey.ParseAll(await api.GetEvidenceKeysAsync(cancel));
        var verdict = BundleVerifier.Verify(bytes, keys);
        var records = JsonSerializer.Deserialize(bytes, ProtocolJson.Default.EvidenceBundle)?.Records ?? [];
        return new LeaseEvidence([.. records.Select(record => Read(record.Body)).OrderBy(record => record.At)], verdict.Problem, verdict.Size);
    }

    private static LeaseRecord Read(string body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        return new LeaseRecord(
            Text(root, "type") ?? "", DateTimeOffset.FromUnixTimeMilliseconds(root.GetProperty("time").GetInt64()), Text(root, "actor"), Text(root, "detail"), Text(root, "cause"),
            root.TryGetProperty("decision", out var decision) ? Text(decision, "reasonCode") : null,
            root.TryGetProperty("caller", out var caller) && caller.TryGetProperty("strength", out var strength) ? strength.GetInt32() : null);
    }

    private static string? Text(JsonElement at, string name) => at.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
