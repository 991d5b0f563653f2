using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Azure;

/// <summary>What an Azure target's configuration must keep; every mistake is told with its configuration path.</summary>
internal static class AzureTargetRules
{
    /// <summary>Owner, User Access Administrator, Role Based Access Control Administrator: who has one could make its end undone.</summary>
    private static readonly string[] GrantingRoles = ["8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"];

    public static IEnumerable<string> Check(AzureTarget target, string path) => Reached(target, path).Concat(Named(target, path)).Concat(Chosen(target, path)).Concat(Limits(target, path));

    private static IEnumerable<string> Reached(AzureTarget target, string path)
    {
        if (!AzureNames.IsGuid(target.TenantId)) yield return $"{path}:TenantId: must be the tenant's id, a GUID";
        foreach (var (name, address) in new[] { ("AuthorityHost", target.AuthorityHost), ("GraphEndpoint", target.GraphEndpoint), ("ResourceManagerEndpoint", target.ResourceManagerEndpoint) })
        {
            foreach (var wrong in WireAddress.Validate(address, $"{path}:{name}", "https://login.microsoftonline.com")) yield return wrong;
        }

        // The SDK takes no other, on loopback neither.
        if (target.AuthorityHost is { IsAbsoluteUri: true, Scheme: "http" }) yield return $"{path}:AuthorityHost: must be https";
        if (target.RootCertificateFile is { } file && !File.Exists(file)) yield return $"{path}:RootCertificateFile: the file does not exist or cannot be seen";
    }

    private static IEnumerable<string> Named(AzureTarget target, string path)
    {
        if (target.Identities.Count == 0) yield return $"{path}:Identities: must name at least one";
        foreach (var (name, _) in target.Identities.Where(one => !TargetNames.IsValid(one.Key))) yield return $"{path}:Identities:{name}: a name has 1 to 63 lower-case letters, digits and -";
        var all = target.Identities.Select(one => ($"{path}:Identities:{one.Key}", one.Value));
        foreach (var (at, identity) in target.Own is { } own ? all.Append(($"{path}:Own", own)) : all)
        {
            if (!AzureNames.IsGuid(identity.ClientId)) yield return $"{at}:ClientId: must be an application's id, a GUID";
            if (identity.PrincipalId is { } principal && !AzureNames.IsGuid(principal)) yield return $"{at}:PrincipalId: must be an object id, a GUID";
            if (identity.Subject.Length is 0 or > 128 || identity.Subject.Any(c => c is <= ' ' or > '~')) yield return $"{at}:Subject: must be 1 to 128 visible characters";
            if (target.Login.Method == AzureLogin.ClientSecret && !File.Exists(identity.ClientSecretFile)) yield return $"{at}:ClientSecretFile: is needed for client-secret, or cannot be seen";
        }

        // A lease's identity that could add secrets or assign roles could undo its end, and every other's.
        foreach (var (name, _) in target.Identities.Where(one => one.Value.ClientId.Length > 0 && string.Equals(one.Value.ClientId, target.Own?.ClientId, StringComparison.OrdinalIgnoreCase)))
            yield return $"{path}:Identities:{name}:ClientId: must not be the broker's own";
        if (target.Own is null && (target.Roles.Count > 0 || target.Identities.Values.Any(one => one.AllowSecrets))) yield return $"{path}:Own: is needed to add secrets and to assign roles";
    }

    private static IEnumerable<string> Chosen(AzureTarget target, string path)
    {
        for (var i = 0; i < target.Audiences.Count; i++)
        {
            if (!AzureNames.IsAudience(target.Audiences[i])) yield return $"{path}:Audiences:{i}: must be a resource and /.default, such as https://vault.azure.net/.default";
        }

        for (var i = 0; i < target.Roles.Count; i++)
        {
            if (!AzureNames.IsGuid(target.Roles[i])) yield return $"{path}:Roles:{i}: must be a role definition's id, a GUID";
            else if (GrantingRoles.Contains(target.Roles[i], StringComparer.OrdinalIgnoreCase)) yield return $"{path}:Roles:{i}: must not be a role that assigns roles";
        }

        for (var i = 0; i < target.RoleScopes.Count; i++)
        {
            if (!AzureNames.IsRoleScope(target.RoleScopes[i])) yield return $"{path}:RoleScopes:{i}: {AzureNames.RoleScopeForm}";
        }

        for (var i = 0; i < target.Probes.Count; i++)
        {
            foreach (var wrong in WireAddress.ValidateWithPath(target.Probes[i], $"{path}:Probes:{i}", "https://orders.vault.azure.net/secrets")) yield return wrong;
        }

        if (target.Roles.Count > 0 && target.RoleScopes.Count == 0) yield return $"{path}:RoleScopes: must name at least one where roles are assigned";
    }

    private static IEnumerable<string> Limits(AzureTarget target, string path)
    {
        if (target.TokenLife < TimeSpan.FromMinutes(10) || target.TokenLife > TimeSpan.FromDays(1)) yield return $"{path}:TokenLife: must be from 10 minutes to a day";
        if (target.RequestTimeout < TimeSpan.FromSeconds(1) || target.RequestTimeout > TimeSpan.FromSeconds(8)) yield return $"{path}:RequestTimeout: must be from 1 to 8 seconds";
        if (target.MaxMinting is < 1 or > 256) yield return $"{path}:MaxMinting: must be from 1 to 256";
        if (target.MaxEnding is < 1 or > 256) yield return $"{path}:MaxEnding: must be from 1 to 256";
    }
}
