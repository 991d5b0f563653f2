using System.Text.Json;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;

namespace CredentialBroker.Issuance;

/// <summary>What external policy is told: who asks, for what, why, for how long, under which approval, holding what already (R08, R17, R45). No secret is in it.</summary>
internal static class PolicyInput
{
    /// <summary>Leases of the instance that are listed; it may hold more.</summary>
    public const int MostLeases = 100;

    public static byte[] Of(Facts facts, Decision.Granted granted, IReadOnlyList<Lease> held)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("input");
            json.WriteString("operation", facts.Renews is null ? "claim" : "renew");
            // A renewal of what stays the same makes no credential; whatever is claimed does.
            json.WriteBoolean("mint", facts.Renews is null || facts.Template!.Backend.Renewal == Backends.Renewal.Reissue);
            json.WriteString("template", facts.Ask.Template);
            json.WriteString("templateRevision", facts.Template!.Revision);
            json.WriteString("environment", facts.Template.Environment);
            json.WriteString("tier", facts.Approval!.Tier == Tiers.Privileged ? Tiers.Privileged : granted.Tier);
            json.WriteString("exception", facts.Exception?.Id);
            json.WriteNumber("notBefore", facts.Now);
            json.WriteNumber("endsAt", granted.EndsAt);
            Caller(json, facts);
            Approval(json, facts);
            json.WriteString("purpose", facts.Ask.Intent?.Purpose);
            json.WritePropertyName("intent");
            JsonSerializer.Serialize(json, facts.Ask.Intent ?? facts.Approval.Intent, ProtocolJson.Default.Intent);
            json.WritePropertyName("privileges");
            JsonSerializer.Serialize(json, granted.Scope.Privileges, ProtocolJson.Default.IReadOnlyListPrivilege);
            Held(json, held);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Caller(Utf8JsonWriter json, Facts facts)
    {
        json.WriteString("workload", facts.Workload.Uri);
        json.WriteString("source", facts.Workload.Source);
        json.WriteString("instance", facts.Workload.Instance);
        json.WriteNumber("strength", facts.Workload.Strength);
        json.WriteNumber("depth", facts.Workload.ActChain.Count);
        Texts(json, "delegation", facts.Workload.ActChain);
    }

    private static void Approval(Utf8JsonWriter json, Facts facts)
    {
        var approval = facts.Approval!;
        var seen = approval.Circumstances;
        json.WriteString("approval", approval.Id);
        json.WriteString("approvalSource", approval.Source);
        json.WriteString("requester", approval.Requester);
        Texts(json, "approvers", approval.Approvers);
        json.WriteString("ticket", seen.Ticket);
        json.WriteString("riskClass", seen.RiskClass ?? "service");
        json.WriteString("owner", seen.Owner ?? facts.Template!.Owners.Runtime);
        json.WriteString("posture", seen.Posture);
        Texts(json, "hostResources", seen.HostResources);
        Texts(json, "weaknesses", seen.Weaknesses);
        json.WriteStartObject("image");
        json.WriteString("reference", approval.Image?.Reference);
        json.WriteString("digest", approval.Image?.Digest);
        json.WriteString("verdict", approval.Image?.Verdict);
        json.WriteString("signer", approval.Image?.Signer);
        json.WriteEndObject();
    }

    private static void Held(Utf8JsonWriter json, IReadOnlyList<Lease> held)
    {
        json.WriteStartArray("activeLeases");
        foreach (var lease in held)
        {
            json.WriteStartObject();
            json.WriteString("lease", lease.Id);
            json.WriteString("template", lease.Template);
            json.WriteString("backend", lease.Backend);
            json.WriteString("target", lease.Target);
            json.WriteString("environment", lease.Environment);
            json.WriteString("task", lease.Task);
            json.WriteNumber("endsAt", lease.EndsAt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
