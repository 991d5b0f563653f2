using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.GitHub;

/// <summary>Compiles a template's <c>github</c> section against its target's allow-list.</summary>
internal static class GitHubSection
{
    public const string Path = "backend.github";

    /// <summary>The answer to a mint describes each repository at length.</summary>
    private const int MostRepositories = 50;

    public static GitHubGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, GitHubTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        GitHubTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured github target");
        var scopes = section.Members("scopes").Select(scope => ReadScope(scope.Name, scope.Value, scope.Path, target, mistakes)).ToList();
        GitHubAccess? access = null;
        if (section.Node("scopes") is null) access = ReadAccess(section, target, parameters: null, mistakes);
        else if (scopes.Count == 0) section.Mistake("scopes", "must name at least one");
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new GitHubGrant(name!, access, [.. scopes.OfType<GitHubScope>()], target!.Repositories);
    }

    private static GitHubScope? ReadScope(string name, YamlNode node, string path, GitHubTarget? target, Mistakes mistakes)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        var access = ReadAccess(section, target, parameters, mistakes);
        section.RefuseOthers();
        return new GitHubScope(new NamedScope(name, string.Join(' ', access.Repositories), parameters), access);
    }

    /// <param name="parameters">Null outside a scope, where only facts fill holes.</param>
    private static GitHubAccess ReadAccess(Section section, GitHubTarget? target, IReadOnlyDictionary<string, ScopeParameter>? parameters, Mistakes mistakes)
    {
        var repositories = new List<string>();
        foreach (var (value, at, path) in section.Texts("repositories", required: true))
        {
            if (WhyNot(value, target, parameters) is { } why) mistakes.Add(at, path, why);
            else if (repositories.Contains(value)) mistakes.Add(at, path, "is named twice");
            else repositories.Add(value);
        }

        if (repositories.Count > MostRepositories) section.Mistake("repositories", $"must name at most {MostRepositories}");
        if (parameters is not null) ScopeParameterReader.Match(section, "repositories", string.Join(' ', repositories), parameters);
        var permissions = new Dictionary<string, string>();
        foreach (var (name, value, path) in section.Members("permissions"))
        {
            var level = (value as YamlScalarNode)?.Value;
            if (!GitHubNames.IsPermission(name) || GitHubNames.LevelOf(level) == 0) mistakes.Add(value, path, "must be a permission with read, write or admin");
            else if (target is not null && GitHubNames.LevelOf(level) > GitHubNames.LevelOf(target.Permissions.GetValueOrDefault(name))) mistakes.Add(value, path, "is more than the target allows");
            else permissions[name] = level!;
        }

        // GitHub takes none for all that the App has.
        if (section.Node("permissions") is not YamlMappingNode { Children.Count: > 0 }) section.Mistake("permissions", "must name at least one");
        return new GitHubAccess(repositories, permissions);
    }

    /// <summary>A name with holes is held against the allow-list with its values at every claim.</summary>
    private static string? WhyNot(string name, GitHubTarget? target, IReadOnlyDictionary<string, ScopeParameter>? parameters)
    {
        if (!Holes.AreWellFormed(name)) return "has a brace that belongs to no hole";
        if (parameters is null && Holes.In(name).FirstOrDefault(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)) is { } hole) return $"{{{hole}}} is no fact; parameters belong to scopes";
        if (Holes.In(name).Any()) return null;
        return target is null || target.Repositories.ContainsKey(name) ? null : "is no repository that the target allows";
    }
}
