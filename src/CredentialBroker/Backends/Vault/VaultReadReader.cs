using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Vault;

/// <summary>Reads what a template, or one of its scopes, asks for: <c>path</c>, <c>request</c>, and a scope's <c>parameters</c>.</summary>
internal sealed class VaultReadReader(VaultEngine? engine, VaultTarget? target, Mistakes mistakes)
{
    private const int LongestValue = 256;

    public VaultScope? ReadScope(string name, YamlNode node, string path)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        var read = Read(section, parameters);
        section.RefuseOthers();
        return read is null ? null : new VaultScope(new NamedScope(name, read.Path, parameters), read);
    }

    /// <param name="parameters">Null outside a scope, where only facts fill holes.</param>
    public VaultRead? Read(Section section, IReadOnlyDictionary<string, ScopeParameter>? parameters)
    {
        var path = section.Text("path", required: true);
        if (path is not null && WhyNot(path) is { } why) section.Mistake("path", why);
        var request = new Dictionary<string, string>();
        foreach (var (name, value, at) in section.Members("request")) ReadMember(name, value, at, request);
        if (engine is { TakesTtl: false, Word: "kv" } && request.Count > 0) section.Mistake("request", "engine kv is read without one");
        if (path is null) return null;
        if (parameters is not null) ScopeParameterReader.Match(section, "path", string.Join(' ', request.Values.Prepend(path)), parameters);
        else if (request.Values.Prepend(path).SelectMany(Holes.In).FirstOrDefault(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)) is { } hole)
            section.Mistake("path", $"{{{hole}}} is no fact; parameters belong to scopes");
        return new VaultRead(path, request);
    }

    /// <summary>A path with holes is held against the allow-list with stand-ins now, and with its values at every claim.</summary>
    private string? WhyNot(string path)
    {
        if (!Holes.AreWellFormed(path)) return "has a brace that belongs to no hole";
        var plain = Holes.In(path).Aggregate(path, (rest, hole) => rest.Replace($"{{{hole}}}", "x", StringComparison.Ordinal));
        if (!VaultPath.IsReadable(plain)) return VaultPath.Form;
        return plain != path || target is null || VaultPath.IsAllowed(path, target.Paths) ? null : "is no path that the target allows";
    }

    private void ReadMember(string name, YamlNode value, string at, Dictionary<string, string> request)
    {
        if (!VaultPath.IsSegment(name)) mistakes.Add(value, at, "a request's member has 1 to 128 letters, digits, and _.-");
        else if (name == "ttl") mistakes.Add(value, at, "is the broker's to set: the lease's own life");
        else if (value is not YamlScalarNode { Value: { Length: > 0 and <= LongestValue } text } || text.Any(char.IsControl)) mistakes.Add(value, at, "must be a text of 1 to 256 characters");
        else if (!Holes.AreWellFormed(text)) mistakes.Add(value, at, "has a brace that belongs to no hole");
        else request[name] = text;
    }
}
