using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>Reads one entry of <c>scopes</c>: its text, and its parameters with their types.</summary>
internal static class TokenScopeReader
{
    /// <summary>Null when a mistake was reported.</summary>
    public static NamedScope? Read(string name, YamlNode node, string path, Mistakes mistakes)
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
        // The claim `scope` is a list parted by blanks (RFC 8693 section 4.2): one name is one entry of it.
        if (!Holes.AreWellFormed(text) || text.Length > 128 || Holes.In(text).Aggregate(text, (rest, hole) => rest.Replace($"{{{hole}}}", "x", StringComparison.Ordinal)) is var plain && !Holes.IsSafe(plain))
            section.Mistake("scope", "must be one scope of letters, digits, ._:/- and holes");
        ScopeParameterReader.Match(section, "scope", text, parameters);
        return new NamedScope(name, text, parameters);
    }
}
