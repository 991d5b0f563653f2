using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Webhook;

/// <summary>Compiles a template's <c>webhook</c> section against its target's allow-list.</summary>
internal static class WebhookSection
{
    public const string Path = "backend.webhook";
    private const int LongestValue = 256;

    public static WebhookGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, WebhookTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        WebhookTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured webhook target");
        var kind = section.Text("kind", required: true);
        if (kind is not null && target is not null && !target.Kinds.Contains(kind)) section.Mistake("kind", "is no kind that the target allows");

        var scopes = section.Members("scopes").Select(scope => ReadScope(scope.Name, scope.Value, scope.Path, target, mistakes)).ToList();
        if (section.Node("scopes") is not null && scopes.Count == 0) section.Mistake("scopes", "must name at least one");
        var parameters = new Dictionary<string, string>();
        foreach (var (parameter, value, path) in section.Members("parameters")) ReadParameter(parameter, value, path, parameters, mistakes);
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new WebhookGrant(name!, kind!, [.. scopes.OfType<NamedScope>()], parameters, target!);
    }

    private static NamedScope? ReadScope(string name, YamlNode node, string path, WebhookTarget? target, Mistakes mistakes)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var text = section.Text("scope", required: true);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        section.RefuseOthers();
        if (text is null) return null;
        var plain = Holes.In(text).Aggregate(text, (rest, hole) => rest.Replace($"{{{hole}}}", "x", StringComparison.Ordinal));
        if (!Holes.AreWellFormed(text) || !Holes.IsSafe(plain)) section.Mistake("scope", "must be one scope of letters, digits, ._:/- and holes");
        // One with holes is held against the allow-list with its values at every claim.
        else if (plain == text && target is not null && !target.Allows(text)) section.Mistake("scope", "is none that the target allows");
        ScopeParameterReader.Match(section, "scope", text, parameters);
        return new NamedScope(name, text, parameters);
    }

    private static void ReadParameter(string name, YamlNode value, string path, Dictionary<string, string> parameters, Mistakes mistakes)
    {
        if (!WebhookAnswer.IsName(name)) mistakes.Add(value, path, "a parameter's name has 1 to 64 letters, digits, and _.-");
        else if (value is not YamlScalarNode { Value: { Length: > 0 and <= LongestValue } text } || text.Any(char.IsControl)) mistakes.Add(value, path, "must be a text of 1 to 256 characters");
        else if (!Holes.AreWellFormed(text)) mistakes.Add(value, path, "has a brace that belongs to no hole");
        // It stands whatever scopes are chosen, so only facts can fill it.
        else if (Holes.In(text).FirstOrDefault(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)) is { } hole) mistakes.Add(value, path, $"{{{hole}}} is no fact; parameters of intents belong to scopes");
        else parameters[name] = text;
    }
}
