using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends;

/// <summary>Reads the typed parameters of a text with holes.</summary>
internal static partial class ScopeParameterReader
{
    /// <summary>The member <c>parameters</c>; what had a mistake is left out.</summary>
    public static Dictionary<string, ScopeParameter> Read(Section section, Mistakes mistakes)
    {
        var parameters = new Dictionary<string, ScopeParameter>();
        foreach (var (parameter, value, at) in section.Members("parameters"))
        {
            if (!ParameterName().IsMatch(parameter)) mistakes.Add(value, at, "a parameter's name has 1 to 32 lower-case letters, digits and _");
            else if (ReadType(value, at, mistakes) is { } type) parameters[parameter] = type;
        }

        return parameters;
    }

    /// <summary>Every hole of the member is a fact or a parameter, and every parameter has a hole.</summary>
    public static void Match(Section section, string member, string text, IReadOnlyDictionary<string, ScopeParameter> parameters)
    {
        foreach (var hole in Holes.In(text).Where(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) && !parameters.ContainsKey(hole)))
            section.Mistake(member, $"{{{hole}}} is neither a declared parameter nor a fact");
        foreach (var unused in parameters.Keys.Except(Holes.In(text)))
            section.Mistake($"parameters.{unused}", "is used by no hole");
    }

    private static ScopeParameter? ReadType(YamlNode node, string path, Mistakes mistakes)
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
