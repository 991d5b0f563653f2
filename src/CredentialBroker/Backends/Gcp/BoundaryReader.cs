using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Gcp;

/// <summary>Reads a template's <c>boundary</c>, or its named <c>scopes</c>, each a boundary with typed parameters.</summary>
internal sealed class BoundaryReader(GcpTarget? target, Mistakes mistakes)
{
    public (AccessBoundary? Boundary, IReadOnlyList<BoundaryScope> Scopes) Read(Section section)
    {
        var scopes = section.Members("scopes").Select(scope => ReadScope(scope.Name, scope.Value, scope.Path)).OfType<BoundaryScope>().ToList();
        if (section.Node("scopes") is not null && section.Members("scopes").Count == 0) section.Mistake("scopes", "must name at least one");
        if (section.Node("boundary") is not { } node) return (null, scopes);
        if (section.Node("scopes") is not null) section.Mistake("boundary", "is what scopes are a choice of; name one or the other");
        if (node is not YamlMappingNode map)
        {
            section.Mistake("boundary", "must be a mapping");
            return (null, scopes);
        }

        var inner = new Section(map, section.PathOf("boundary"), mistakes);
        var boundary = ReadBoundary(inner, parameters: null);
        inner.RefuseOthers();
        return (boundary, scopes);
    }

    private BoundaryScope? ReadScope(string name, YamlNode node, string path)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        var boundary = ReadBoundary(section, parameters);
        section.RefuseOthers();
        return boundary is null ? null : new BoundaryScope(new NamedScope(name, boundary.Bucket, parameters), boundary);
    }

    /// <param name="parameters">Null outside a scope, where only facts fill holes.</param>
    private AccessBoundary? ReadBoundary(Section section, IReadOnlyDictionary<string, ScopeParameter>? parameters)
    {
        var bucket = section.Text("bucket", required: true);
        var prefix = section.Text("prefix");
        var roles = new List<string>();
        foreach (var (value, at, path) in section.Texts("roles", required: true))
        {
            if (target is not null && !target.Roles.Contains(value)) mistakes.Add(at, path, "is none that the target allows");
            else roles.Add(value);
        }

        if (bucket is null) return null;
        if (WhyNot(bucket) is { } why) section.Mistake("bucket", why);
        if (prefix is not null && (!Holes.AreWellFormed(prefix) || !GcpNames.IsPrefix(Plain(prefix)))) section.Mistake("prefix", "must be how objects' names begin, of letters, digits and _./-");
        if (parameters is not null) ScopeParameterReader.Match(section, "bucket", $"{bucket} {prefix}", parameters);
        else if (Holes.In($"{bucket} {prefix}").FirstOrDefault(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)) is { } hole)
            section.Mistake("bucket", $"{{{hole}}} is no fact; parameters belong to scopes");
        return new AccessBoundary(bucket, roles, prefix);
    }

    /// <summary>A name with holes is held against the allow-list with its values, at every claim.</summary>
    private string? WhyNot(string bucket)
    {
        if (!Holes.AreWellFormed(bucket)) return "has a brace that belongs to no hole";
        var plain = Plain(bucket);
        if (!GcpNames.IsBucket(plain)) return GcpNames.BucketForm;
        return plain != bucket || target is null || GcpNames.IsAllowed(bucket, target.Buckets) ? null : "is none that the target allows";
    }

    private static string Plain(string text) => Holes.In(text).Aggregate(text, (rest, hole) => rest.Replace($"{{{hole}}}", "xxx", StringComparison.Ordinal));
}
