using System.Text.Json;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Vault;

/// <summary>What was read, and when it stops by itself.</summary>
/// <param name="LeaseId">Vault's lease, or null where the engine keeps none.</param>
/// <param name="Seconds">How long it lives from when it was read; null where the answer does not say.</param>
internal sealed record VaultSecret(string? LeaseId, bool Renewable, long? Seconds, Secret Secret)
{
    private const long FirstTime = 1_000_000_000;
    private const int LongestLeaseId = 1024;

    /// <summary>The secret, or in a few words what is wrong with the answer.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public static (VaultSecret? Secret, string? Wrong) Read(VaultAnswer answer, VaultGrant grant, long now)
    {
        if (answer.Object("data") is not { } data) return (null, "the answer has no data");
        if (grant.Engine.Word == VaultEngine.Static && data.Object("metadata") is not null)
        {
            // Version 2 of kv: what is stored is one level down, and null once it was deleted.
            if (data.Object("data") is not { } stored) return (null, "what was stored there is deleted");
            data = stored;
        }

        var lease = answer.Text("lease_id");
        if (lease is null && grant.Engine.Leased) return (null, "the answer is no lease, so that nobody could end what it holds");
        // What a lease is named after is what was asked for; anything else was meant for somebody else.
        if (lease is not null && (lease.Length > LongestLeaseId || !lease.StartsWith($"{grant.Read!.Path}/", StringComparison.Ordinal) || lease.Any(c => c is <= ' ' or > '~')))
            return (null, "the answer's lease is not of the path that was read");
        var members = new List<(string Name, string Value)>();
        foreach (var member in data.EnumerateObject())
        {
            if (grant.Fields.Count > 0 && !grant.Fields.Contains(member.Name)) continue;
            // A credential is an object of texts; what is no text comes as its JSON.
            if (member.Value.ValueKind != JsonValueKind.Null) members.Add((member.Name, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText()));
        }

        if (grant.Fields.Except(members.Select(member => member.Name)).Any() || members.Count == 0) return (null, "the answer lacks members that the template hands out");
        return (new VaultSecret(lease, answer.Truth("renewable"), Life(answer, data, grant.Engine, now), new Secret([.. members])), null);
    }

    private static long? Life(VaultAnswer answer, JsonElement data, VaultEngine engine, long now)
    {
        var told = engine.Expiry is { } name ? data.Seconds(name) : null;
        // A time since 1970 cannot be mistaken for a life of thirty years.
        if (told >= FirstTime) told = Math.Max(0, told.Value - now);
        return told ?? (answer.Seconds("lease_duration") is { } seconds and > 0 ? seconds : null);
    }
}
