using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <param name="Id">The whole path, its scope among it.</param>
/// <param name="Definition">Of the role, its GUID.</param>
internal sealed record RoleAssignment(string Id, string Scope, string Definition, string Principal, string? Description)
{
    private const string Kind = "/providers/Microsoft.Authorization/roleAssignments/";

    public static string IdAt(string scope, Guid name) => $"{scope}{Kind}{name:D}";

    public static bool IsId(string id) => id.LastIndexOf(Kind, StringComparison.Ordinal) is var at and > 0 && AzureNames.IsRoleScope(id[..at]) && AzureNames.IsGuid(id[(at + Kind.Length)..]);

    public JsonObject Request() => new()
    {
        ["properties"] = new JsonObject
        {
            ["roleDefinitionId"] = $"/subscriptions/{AzureNames.SubscriptionOf(Scope)}/providers/Microsoft.Authorization/roleDefinitions/{Definition}",
            // Told, so that Azure does not look for a principal that its directory does not show yet.
            ["principalId"] = Principal, ["principalType"] = "ServicePrincipal", ["description"] = Description,
        },
    };

    public static RoleAssignment? Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.Text("id") is { } id && json.Object("properties") is { } properties && properties.Text("scope") is { } scope
        && properties.Text("roleDefinitionId") is { } definition && properties.Text("principalId") is { } principal
            ? new RoleAssignment(id, scope, definition.Split('/')[^1], principal, properties.Text("description"))
            : null;

    /// <summary>In which member it is not what was asked; null where it is. Azure keeps names in whatever case they came in.</summary>
    public string? DiffersFrom(RoleAssignment asked) =>
        !Same(Id, asked.Id) ? "its name" : !Same(Scope, asked.Scope) ? "its scope" : !Same(Definition, asked.Definition) ? "its role" : !Same(Principal, asked.Principal) ? "its principal" : null;

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The calls of Resource Manager that role assignments take.</summary>
internal static class RoleAssignments
{
    private const string Version = "api-version=2022-04-01";
    private const int MostPages = 50;

    public static async ValueTask<RoleAssignment?> ReadAsync(this AzureHttp arm, string id, CancellationToken cancel)
    {
        var answer = await arm.SendAsync(HttpMethod.Get, $"{id}?{Version}", null, cancel);
        if (answer.Status == HttpStatusCode.NotFound) return null;
        return answer.Status == HttpStatusCode.OK && answer.Json is { } json && RoleAssignment.Read(json) is { } read
            ? read
            : throw AzureErrors.Of(answer, ReasonCodes.TargetUnavailable, "reading the lease's role assignment");
    }

    /// <summary>In a few words why what was made is not what was asked; null where it is.</summary>
    public static async ValueTask<string?> AssignAsync(this AzureHttp arm, RoleAssignment asked, CancellationToken cancel)
    {
        var answer = await arm.SendAsync(HttpMethod.Put, $"{asked.Id}?{Version}", asked.Request(), cancel);
        if (answer.Status is not (HttpStatusCode.Created or HttpStatusCode.OK)) throw AzureErrors.Of(answer, ReasonCodes.MintFailed, "assigning the role");
        return answer.Json is { } json && RoleAssignment.Read(json) is { } made ? made.DiffersFrom(asked) : "the answer does not tell what it is";
    }

    /// <summary>False where there was none.</summary>
    public static async ValueTask<bool> DeleteAsync(this AzureHttp arm, string id, CancellationToken cancel)
    {
        var answer = await arm.SendAsync(HttpMethod.Delete, $"{id}?{Version}", null, cancel);
        return answer.Status switch
        {
            HttpStatusCode.OK => true,
            // A scope that is gone took its assignments with it.
            HttpStatusCode.NoContent or HttpStatusCode.NotFound => false,
            _ => throw AzureErrors.Of(answer, ReasonCodes.EndFailed, "deleting the lease's role assignment"),
        };
    }

    /// <summary>Everything at the scope, above it and below.</summary>
    public static async ValueTask<IReadOnlyList<RoleAssignment>> ListAsync(this AzureHttp arm, string scope, CancellationToken cancel)
    {
        var all = new List<RoleAssignment>();
        var path = $"{scope}/providers/Microsoft.Authorization/roleAssignments?{Version}";
        for (var page = 0; page < MostPages; page++)
        {
            var answer = await arm.SendAsync(HttpMethod.Get, path, null, cancel);
            if (answer.Status != HttpStatusCode.OK || answer.Json is not { } json || !json.TryGetProperty("value", out var value) || value.ValueKind != JsonValueKind.Array)
                throw AzureErrors.Of(answer, ReasonCodes.TargetUnavailable, "listing role assignments");
            all.AddRange(value.EnumerateArray().Select(RoleAssignment.Read).OfType<RoleAssignment>());
            if (json.Text("nextLink") is not { } next) return all;
            // Another host would be shown the broker's token.
            path = arm.PathOf(next) ?? throw AzureErrors.Of(answer, ReasonCodes.TargetUnavailable, "listing role assignments");
        }

        throw new BackendException(AzureBackend.Word, ReasonCodes.TargetUnavailable, "there are more role assignments than are read", transient: false);
    }
}
