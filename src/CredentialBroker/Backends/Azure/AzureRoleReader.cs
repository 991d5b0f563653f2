using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Azure;

/// <summary>Reads what role a template, or one of its scopes, gives: <c>role</c>, <c>scope</c>, and a scope's <c>parameters</c>.</summary>
internal sealed class AzureRoleReader(AzureTarget? target, Mistakes mistakes)
{
    public (AzureRole? Role, IReadOnlyList<AzureScope> Scopes) Read(Section section, string? mode)
    {
        var scopes = section.Members("scopes").Select(scope => ReadScope(scope.Name, scope.Value, scope.Path)).OfType<AzureScope>().ToList();
        if (mode != AzureGrant.RoleAssignment)
        {
            foreach (var member in new[] { "role", "scope", "scopes" }.Where(member => section.Node(member) is not null)) section.Mistake(member, "belongs to mode role-assignment");
            return (null, []);
        }

        if (section.Node("scopes") is null) return (ReadRole(section, parameters: null), []);
        if (section.Members("scopes").Count == 0) section.Mistake("scopes", "must name at least one");
        return (null, scopes);
    }

    private AzureScope? ReadScope(string name, YamlNode node, string path)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        var role = ReadRole(section, parameters);
        section.RefuseOthers();
        return role is null ? null : new AzureScope(new NamedScope(name, role.Scope, parameters), role);
    }

    /// <param name="parameters">Null outside a scope, where only facts fill holes.</param>
    private AzureRole? ReadRole(Section section, IReadOnlyDictionary<string, ScopeParameter>? parameters)
    {
        var definition = section.Text("role", required: true);
        if (definition is not null && target is not null && !target.Roles.Contains(definition)) section.Mistake("role", "is none that the target allows");
        var scope = section.Text("scope", required: true);
        if (scope is not null && WhyNot(scope) is { } why) section.Mistake("scope", why);
        if (definition is null || scope is null) return null;
        if (parameters is not null) ScopeParameterReader.Match(section, "scope", scope, parameters);
        else if (Holes.In(scope).FirstOrDefault(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)) is { } hole)
            section.Mistake("scope", $"{{{hole}}} is no fact; parameters belong to scopes");
        return new AzureRole(definition, scope);
    }

    /// <summary>A scope with holes is held against the allow-list with stand-ins now, and with its values at every claim.</summary>
    private string? WhyNot(string scope)
    {
        if (!Holes.AreWellFormed(scope)) return "has a brace that belongs to no hole";
        var plain = Holes.In(scope).Aggregate(scope, (rest, hole) => rest.Replace($"{{{hole}}}", "x", StringComparison.Ordinal));
        if (!AzureNames.IsRoleScope(plain)) return AzureNames.RoleScopeForm;
        return plain != scope || target is null || AzureNames.IsBelow(scope, target.RoleScopes) ? null : "is none that the target allows";
    }
}
