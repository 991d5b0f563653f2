using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Postgres;

/// <summary>Compiles a template's <c>postgres</c> section against its target's allow-list.</summary>
internal static class PostgresSection
{
    public const string Path = "backend.postgres";
    private const int UsualConnections = 5;
    private const int MostConnections = 100;

    public static PostgresGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, PostgresTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        PostgresTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured postgres target");
        var groups = section.Texts("memberOf", required: true);
        var limit = section.Integer("connectionLimit", UsualConnections, 1, MostConnections);
        foreach (var (group, at, path) in groups)
        {
            if (WhyNot(group, target) is { } why) mistakes.Add(at, path, why);
        }

        var known = groups.Select(group => group.Value).ToList();
        var scopes = section.Members("scopes").Select(scope => ReadScope(scope.Name, scope.Value, scope.Path, known, mistakes)).ToList();
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new PostgresGrant(name!, known, limit, scopes, target!.AllowedGroups);
    }

    /// <summary>A name with holes is held against the allow-list when the facts that fill it are known.</summary>
    private static string? WhyNot(string group, PostgresTarget? target)
    {
        if (!Holes.AreWellFormed(group)) return "has a brace that belongs to no hole";
        var holes = Holes.In(group).ToList();
        if (holes.Any(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)))
            return "takes facts only, such as {workload.namespace}";
        if (holes.Count > 0) return null;
        return PostgresNames.WhyNoGroup(group)
               ?? (target is null || target.AllowedGroups.Contains(group, StringComparer.Ordinal) ? null : "is no group that the target allows");
    }

    private static GroupScope ReadScope(string name, YamlNode node, string path, List<string> known, Mistakes mistakes)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return new GroupScope(name, []);
        }

        var section = new Section(map, path, mistakes);
        var groups = section.Texts("memberOf", required: true);
        section.RefuseOthers();
        foreach (var (group, at, where) in groups)
        {
            if (!known.Contains(group)) mistakes.Add(at, where, "must be one of the template's memberOf");
        }

        return new GroupScope(name, [.. groups.Select(group => group.Value)]);
    }
}
