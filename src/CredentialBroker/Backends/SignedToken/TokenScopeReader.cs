using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>Reads one entry of <c>scopes</c>: its text, and its parameters with their types.</summary>
internal static partial class TokenScopeReader
{
    /// <summary>Null when a mistake was reported.</summary>
    public static TokenScope? Read(string name, YamlNode node, string path, Mistakes mistakes)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var text = section.Text("scope", required: true);
        var parameters = new Dictionary<string, ScopeParameter>();
        foreach (var (parameter, value, at) in section.Members("parameters"))
        {
            if (!ParameterName().IsMatch(parameter)) mistakes.Add(value, at, "a parameter's name has 1 to 32 lower-case letters, digits and _");
            else if (ReadParameter(value, at, mistakes) is { } type) parameters[parameter] = type;
        }

        section.RefuseOthers();
        if (text is null) return null;
        // The claim `scope` is a list parted by blanks (RFC 8693 section 4.2): one name is one entry of it.
        if (!Holes.AreWellFormed(text) || text.Length > 128 || Holes.In(text).Aggregate(text, (rest, hole) => rest.Replace($"{{{hole}}}", "x", StringComparison.Ordinal)) is var plain && !Holes.IsSafe(plain))
            section.Mistake("scope", "must be one scope of letters, digits, ._:/- and holes");
        foreach (var hole in Holes.In(text).Where(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) && !parameters.ContainsKey(hole)))
            section.Mistake("scope", $"{{{hole}}} is neither a declared parameter nor a fact");
        foreach (var unused in parameters.Keys.Except(Holes.In(text)))
            mistakes.Add(map, $"{path}.parameters.{unused}", "is not used by the scope");
        return new TokenScope(name, text, parameters);
    }

    private static ScopeParameter? ReadParameter(YamlNode node, string path, Mistakes mistakes)
    {
        if (node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a mapping with a type");
            return null;
        }

        var section = new Section(map, path, mistakes);
        var type = section.Text("type", required: true);
        var values = section.Texts("values", required: type == "enum");
        section.RefuseOthers();
        if (values.Count > 0 && type != "enum") section.Mistake("values", "belongs to type enum");
        foreach (var (value, at, where) in values)
        {
            if (!Holes.IsSafe(value)) mistakes.Add(at, where, "must be 1 to 128 letters, digits, ._:/-");
        }

        switch (type)
        {
            case "integer": return new ScopeParameter.Integer();
            case "slug": return new ScopeParameter.Slug();
            case "enum": return new ScopeParameter.OneOf([.. values.Select(value => value.Value)]);
            case null: return null;
            default:
                section.Mistake("type", "must be integer, slug or enum");
                return null;
        }
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ParameterName();
}
