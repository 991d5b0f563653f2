using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Azure;

/// <summary>Role assignments of Azure Resource Manager, and a key vault that looks at them at every call.</summary>
internal sealed partial class StandInResourceManager(AzureStandInState state)
{
    public const string Subscription = "bbbbbbbb-0000-4000-8000-000000000002";
    public const string VaultScope = $"/subscriptions/{Subscription}/resourceGroups/shop/providers/Microsoft.KeyVault/vaults/orders";
    public const string UserAccessAdministrator = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
    public const string SecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";

    public AzureStandInReply Handle(HttpRequest request, string body)
    {
        if (state.Caller(request, state.Url.GetLeftPart(UriPartial.Authority)) is not { } caller) return AzureStandInReply.Error(401, "AuthenticationFailed", "Authentication failed.");
        if (Call().Match(request.Path.Value!) is not { Success: true } call) return state.Unknown(request);
        var (scope, name) = (call.Groups["scope"].Value, call.Groups["name"].Value);
        if (request.Query["api-version"] != "2022-04-01") return AzureStandInReply.Error(400, "InvalidApiVersionParameter", "The api-version is invalid.");
        if (!state.HasRole(caller.PrincipalId, scope, UserAccessAdministrator))
            return AzureStandInReply.Error(403, "AuthorizationFailed", $"The client with object id '{caller.PrincipalId}' does not have authorization to perform action over scope '{scope}'.");
        if (name.Length == 0) return request.Method == "GET" ? List(request, scope) : state.Unknown(request);
        if (!Guid.TryParse(name, out _)) return AzureStandInReply.Error(400, "InvalidRoleAssignmentId", "The role assignment id is not a GUID.");
        var id = request.Path.Value!;
        return request.Method switch
        {
            "PUT" => Put(id, scope, AzureStandInReply.Parse(body)),
            "GET" => state.Assignments.TryGetValue(id, out var found) ? new AzureStandInReply(200, Shown(found)) : AzureStandInReply.Error(404, "RoleAssignmentNotFound", $"The role assignment '{name}' is not found."),
            "DELETE" => state.Assignments.Remove(id, out var gone) ? new AzureStandInReply(200, Shown(gone)) : new AzureStandInReply(204),
            _ => state.Unknown(request),
        };
    }

    /// <summary>Lists the vault's secrets, as its data plane does: 401 without a token that holds, 403 without a role.</summary>
    public AzureStandInReply Vault(HttpRequest request)
    {
        if (request.Method != "GET" || request.Query["api-version"] != "7.4") return state.Unknown(request);
        if (state.Caller(request, "https://vault.azure.net") is not { } caller) return AzureStandInReply.Error(401, "Unauthorized", "AKV10032: Invalid issuer or token.");
        return state.HasRole(caller.PrincipalId, VaultScope, SecretsUser)
            ? new AzureStandInReply(200, new JsonObject { ["value"] = new JsonArray(), ["nextLink"] = null })
            : AzureStandInReply.Error(403, "Forbidden", "Caller is not authorized to perform action on resource.");
    }

    private AzureStandInReply Put(string id, string scope, JsonObject? body)
    {
        if (body?["properties"] is not JsonObject asked || (string?)asked["principalId"] is not { } principal || (string?)asked["roleDefinitionId"] is not { } role)
            return AzureStandInReply.Error(400, "InvalidCreateRoleAssignmentRequest", "The request is not valid.");
        state.Only("roleAssignments", body, "properties");
        state.Only("properties", asked, "roleDefinitionId", "principalId", "principalType", "description", "condition", "conditionVersion", "delegatedManagedIdentityResourceId");
        if (role != $"/subscriptions/{Subscription}/providers/Microsoft.Authorization/roleDefinitions/{role.Split('/')[^1]}") return AzureStandInReply.Error(404, "RoleDefinitionDoesNotExist", "The role definition does not exist.");
        if (!state.Applications.Values.Any(one => one.PrincipalId == principal)) return AzureStandInReply.Error(400, "PrincipalNotFound", "Principal does not exist in the directory.");
        var made = new StandInAssignment(id, scope, role.Split('/')[^1], principal, (string?)asked["description"]);
        if (state.Assignments.Values.Any(one => !one.Id.Equals(id, StringComparison.OrdinalIgnoreCase) && one.Scope == made.Scope && one.Definition == made.Definition && one.Principal == made.Principal))
            return AzureStandInReply.Error(409, "RoleAssignmentExists", "The role assignment already exists.");
        if (state.Assignments.TryGetValue(id, out var there) && there with { Description = made.Description } != made)
            return AzureStandInReply.Error(400, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.");
        state.Assignments[id] = made;
        return new AzureStandInReply(there is null ? 201 : 200, Shown(made));
    }

    private AzureStandInReply List(HttpRequest request, string scope)
    {
        var skip = int.TryParse(request.Query["$skiptoken"], out var told) ? told : 0;
        bool Related(StandInAssignment one) => $"{scope}/".StartsWith($"{one.Scope}/", StringComparison.OrdinalIgnoreCase) || one.Scope.StartsWith($"{scope}/", StringComparison.OrdinalIgnoreCase);
        var all = state.Assignments.Values.Where(Related).OrderBy(one => one.Id, StringComparer.Ordinal).ToList();
        var reply = new JsonObject { ["value"] = new JsonArray([.. all.Skip(skip).Take(state.PageSize).Select(one => (JsonNode)Shown(one))]) };
        if (all.Count > skip + state.PageSize) reply["nextLink"] = $"{state.Url.GetLeftPart(UriPartial.Authority)}{request.Path}?api-version=2022-04-01&$skiptoken={skip + state.PageSize}";
        return new AzureStandInReply(200, reply);
    }

    private static JsonObject Shown(StandInAssignment one) => new()
    {
        ["id"] = one.Id, ["name"] = one.Id.Split('/')[^1], ["type"] = "Microsoft.Authorization/roleAssignments",
        ["properties"] = new JsonObject
        {
            ["roleDefinitionId"] = $"/subscriptions/{Subscription}/providers/Microsoft.Authorization/roleDefinitions/{one.Definition}", ["principalId"] = one.Principal, ["principalType"] = "ServicePrincipal",
            ["scope"] = one.Scope, ["description"] = one.Description, ["condition"] = null, ["conditionVersion"] = null,
        },
    };

    [GeneratedRegex("^(?<scope>/subscriptions/[^/]+(/[^?]+?)?)/providers/Microsoft\\.Authorization/roleAssignments(/(?<name>[^/]+))?\\z")]
    private static partial Regex Call();
}
