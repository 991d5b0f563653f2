using System.Globalization;
using System.Text.Json;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.AzureAppService;

/// <summary>What both of Azure's endpoints hand out: a token for one of the resources that the configuration names.</summary>
internal sealed class AzureResources(IReadOnlyDictionary<string, HeldLease> leases)
{
    /// <summary>Which lease a request means; or status, code and message of its refusal.</summary>
    public (HeldLease? Lease, (int Status, string Code, string Message) Wrong) Find(HttpContext http, string version)
    {
        var query = http.Request.Query;
        if (query["api-version"] is not [var asked] || string.CompareOrdinal(asked, version) < 0) return (null, (400, "invalid_request", $"api-version is {version}"));
        if (query["resource"] is not [{ Length: > 0 } resource]) return (null, (400, "invalid_request", "say one resource"));
        if (!leases.TryGetValue(Named(resource), out var lease)) return (null, (400, "invalid_resource", "no lease is configured for this resource"));
        // Whoever names an identity gets that one or none.
        var wanted = query["client_id"] is [{ Length: > 0 } id] ? id : null;
        if (query.Keys.Any(key => key is "mi_res_id" or "msi_res_id" or "object_id" or "principal_id")) return (null, (400, "invalid_request", "an identity is named by its client_id here"));
        return wanted is null || lease.Read((_, members) => members.TryGetProperty("clientId", out var own) ? own.GetString() : null, out _) is not { } known || known == wanted
            ? (lease, default)
            : (null, (400, "invalid_request", "Identity not found"));
    }

    /// <summary>The members on which both endpoints agree.</summary>
    public static bool Write(Utf8JsonWriter json, Holding.Held held, JsonElement members, string resource)
    {
        json.WriteString("access_token"u8, members.GetProperty("token"u8).GetString());
        json.WriteString("expires_on"u8, held.ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        json.WriteString("resource"u8, resource);
        json.WriteString("token_type"u8, "Bearer"u8);
        if (members.TryGetProperty("clientId"u8, out var client)) json.WriteString("client_id"u8, client.GetString());
        return true;
    }

    public static bool IsToken(JsonElement members) => members.TryGetProperty("token"u8, out _);

    /// <summary>SDKs differ in whether a resource ends with a slash.</summary>
    public static string Named(string resource) => resource.TrimEnd('/');

    public static void Validate(Mistakes mistakes, string key, Dictionary<string, string> resources, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.Demand(resources.Count > 0, key, "name the lease for at least one resource, such as https://vault.azure.net");
        foreach (var (resource, lease) in resources)
        {
            mistakes.Below(key).Demand(resource.Length is > 0 and <= 256 && !resource.EndsWith('/'), resource, "a resource is written without a slash at its end");
            mistakes.Below(key).DemandLease(lease, resource, leases);
        }
    }
}
