using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Aws;

/// <summary>Reads one scope: the statements of a policy, and the typed parameters of their holes.</summary>
internal sealed partial class AwsScopeReader(Mistakes mistakes)
{
    public AwsScope? Read(string name, YamlNode node, string path)
    {
        if (!TargetNames.IsValid(name) || node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a lower-case name with a mapping");
            return null;
        }

        var before = mistakes.All.Count;
        var section = new Section(map, path, mistakes);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        var statements = new List<AwsStatement>();
        if (section.Node("statements") is YamlSequenceNode { Children.Count: > 0 } list)
        {
            for (var i = 0; i < list.Children.Count; i++) statements.Add(ReadStatement(list.Children[i], $"{section.PathOf("statements")}[{i}]"));
        }
        else
        {
            section.Mistake("statements", "must be a list of at least one");
        }

        section.RefuseOthers();
        var text = string.Join(' ', statements.SelectMany(statement => statement.Texts));
        ScopeParameterReader.Match(section, "statements", text, parameters);
        return mistakes.All.Count > before ? null : new AwsScope(new NamedScope(name, text, parameters), statements);
    }

    private AwsStatement ReadStatement(YamlNode node, string path)
    {
        if (node is not YamlMappingNode map)
        {
            mistakes.Add(node, path, "must be a mapping with actions and resources");
            return new AwsStatement("Allow", [], [], []);
        }

        var section = new Section(map, path, mistakes);
        var effect = section.Text("effect") ?? "Allow";
        if (effect is not ("Allow" or "Deny")) section.Mistake("effect", "must be Allow or Deny");
        var actions = Each(section, "actions", value => Action().IsMatch(value) ? null : "must be an action such as s3:GetObject");
        var resources = Each(section, "resources", WhyNoResource);
        var conditions = new List<AwsCondition>();
        foreach (var (test, keys, at) in section.Members("conditions"))
        {
            if (!Test().IsMatch(test) || keys is not YamlMappingNode inner)
            {
                mistakes.Add(keys, at, "must be a condition's operator, such as StringEquals, with a mapping of keys");
                continue;
            }

            var values = new Section(inner, at, mistakes);
            foreach (var key in inner.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value!))
            {
                if (!Key().IsMatch(key)) values.Mistake(key, "must be a condition's key, such as s3:prefix");
                conditions.Add(new AwsCondition(test, key, Each(values, key, WhyNoText)));
            }
        }

        section.RefuseOthers();
        return new AwsStatement(effect, actions, resources, conditions);
    }

    private List<string> Each(Section section, string key, Func<string, string?> why)
    {
        var found = new List<string>();
        foreach (var (value, at, path) in section.Texts(key, required: true))
        {
            if (why(value) is { } wrong) mistakes.Add(at, path, wrong);
            else found.Add(value);
        }

        return found;
    }

    private static string? WhyNoResource(string text) => text == "*" || text.StartsWith("arn:", StringComparison.Ordinal) ? WhyNoText(text) : "must be * or an ARN";

    private static string? WhyNoText(string text) =>
        text.Length > 512 || text.Any(c => c is <= ' ' or > '~' or '"' or '\\' or '$') ? "must be 1 to 512 visible characters without quotes, backslashes and $"
        : !Holes.AreWellFormed(text) ? "has a brace that belongs to no hole"
        : null;

    [GeneratedRegex(@"^(\*|[a-z0-9-]{1,64}:[A-Za-z0-9*]{1,64})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Action();

    [GeneratedRegex(@"^((ForAllValues|ForAnyValue):)?[A-Z][A-Za-z]{2,40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Test();

    [GeneratedRegex(@"^[A-Za-z0-9-]{1,64}:[A-Za-z0-9_/=+.@-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Key();
}
