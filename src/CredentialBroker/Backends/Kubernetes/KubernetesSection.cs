using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Compiles a template's <c>kubernetes</c> section against its target's allow-list.</summary>
internal static class KubernetesSection
{
    public const string Path = "backend.kubernetes";

    public static KubernetesGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, KubernetesTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        KubernetesTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured kubernetes target");

        var space = section.Text("namespace", required: true);
        Account? account = null;
        var scopes = section.Members("scopes").Select(scope => ReadScope(scope.Name, scope.Value, scope.Path, space, target, mistakes)).ToList();
        if (section.Node("scopes") is null) account = ReadAccount(section, space, target, parameters: null);
        else if (scopes.Count == 0) section.Mistake("scopes", "must name at least one");
        else if (section.Node("serviceAccount") is not null) section.Mistake("serviceAccount", "belongs to the scopes, where there are any");

        var audiences = ReadAudiences(section, target, mistakes);
        // A token for others is none that the API server itself takes.
        var use = section.Text("probe") ?? (audiences.Count == 0 ? KubernetesGrant.Self : null);
        if (use is not (null or KubernetesGrant.Self or "none") && !KubernetesNames.IsReadable(use)) section.Mistake("probe", "must be self, none, or a path below /api or /apis that is no Secret's");
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new KubernetesGrant(name!, account, [.. scopes.OfType<KubernetesScope>()], audiences, use == "none" ? null : use, target!.ServiceAccounts);
    }

    private static KubernetesScope? ReadScope(string name, YamlNode node, string path, string? space, KubernetesTarget? target, Mistakes mistakes)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        var account = ReadAccount(section, space, target, parameters);
        section.RefuseOthers();
        return account is null ? null : new KubernetesScope(new NamedScope(name, account.Name, parameters), account);
    }

    /// <param name="parameters">Null outside a scope, where only facts fill holes.</param>
    private static Account? ReadAccount(Section section, string? space, KubernetesTarget? target, IReadOnlyDictionary<string, ScopeParameter>? parameters)
    {
        var name = section.Text("serviceAccount", required: true);
        if (name is null || space is null) return null;
        if (parameters is not null) ScopeParameterReader.Match(section, "serviceAccount", name, parameters);
        // A namespace is the same for every scope, so that no intent chooses it.
        var facts = parameters is null ? $"{space} {name}" : space;
        if (Holes.In(facts).FirstOrDefault(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)) is { } hole)
            section.Mistake("serviceAccount", $"{{{hole}}} is no fact; parameters belong to a scope's serviceAccount");

        var account = new Account(space, name);
        if (!Holes.AreWellFormed(space) || !Holes.AreWellFormed(name)) section.Mistake("serviceAccount", "namespace or name has a brace that belongs to no hole");
        else if (!new Account(Plain(space), Plain(name)).IsWellFormed) section.Mistake("serviceAccount", "namespace or name is none that Kubernetes allows");
        // One with holes is held against the allow-list with its values at every claim.
        else if (Plain(space) == space && Plain(name) == name && target is not null && !target.ServiceAccounts.Any(pattern => KubernetesNames.Matches(account, pattern)))
            section.Mistake("serviceAccount", "is none that the target allows");
        return account;
    }

    private static string Plain(string text) => Holes.In(text).Aggregate(text, (rest, hole) => rest.Replace($"{{{hole}}}", "x", StringComparison.Ordinal));

    private static List<string> ReadAudiences(Section section, KubernetesTarget? target, Mistakes mistakes)
    {
        var audiences = new List<string>();
        foreach (var (value, at, path) in section.Texts("audiences"))
        {
            if (target is not null && !target.Audiences.Contains(value)) mistakes.Add(at, path, "is no audience that the target allows");
            else if (audiences.Contains(value)) mistakes.Add(at, path, "is named twice");
            else audiences.Add(value);
        }

        if (section.Node("audiences") is not null && audiences.Count == 0) section.Mistake("audiences", "must name at least one");
        return audiences;
    }
}
