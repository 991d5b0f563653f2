using System.Text.RegularExpressions;
using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Templates.Documents;

/// <summary>Reads a document by its shape: reports every place that does not fit and keeps every value that does.</summary>
internal sealed class ShapeReader(Mistakes mistakes)
{
    private readonly Found _found = new();

    public static Found Read(YamlMappingNode root, Shape.Section shape, Mistakes mistakes)
    {
        var reader = new ShapeReader(mistakes);
        reader.ReadSection(root, "", shape);
        return reader._found;
    }

    private void ReadSection(YamlMappingNode node, string path, Shape.Section shape)
    {
        foreach (var (key, value) in node.Children)
        {
            var name = ((YamlScalarNode)key).Value ?? "";
            var member = shape.Members.FirstOrDefault(known => known.Name == name);
            if (member is null) mistakes.Add(key, Shown.Member(path, name), Unknown(name, shape.Members.Select(known => known.Name)));
            else Read(value, Shown.Member(path, name), member.Shape);
        }

        foreach (var member in shape.Members)
        {
            if (node.Children.ContainsKey(new YamlScalarNode(member.Name))) continue;
            if (member.Required) mistakes.Add(node, Shown.Member(path, member.Name), $"required: {member.Summary}");
            else ReadAbsent(Shown.Member(path, member.Name), member);
        }
    }

    /// <summary>Defaults are read as if the author had written them.</summary>
    private void ReadAbsent(string path, Member member)
    {
        if (member.Default is { } written) Read(new YamlScalarNode(written) { Style = ScalarStyle.Plain }, path, member.Shape);
        else if (member.Shape is Shape.Section section && !section.Members.Any(inner => inner.Required)) ReadSection([], path, section);
    }

    private void Read(YamlNode node, string path, Shape shape)
    {
        switch (shape)
        {
            case Shape.Text text:
                if (AsText(node, path, text) is { } fits) _found.Add(path, fits, node);
                break;
            case Shape.Choice choice:
                Keep(Scalars.AsText(node) is { } word && choice.Words.Contains(word) ? word : null, WrongWord(node, choice));
                break;
            case Shape.Duration:
                if (Durations.TryParse(Scalars.AsText(node), out var duration)) _found.Add(path, duration, node);
                else mistakes.Add(node, path, "a duration such as 90s, 15m or 1h30m");
                break;
            case Shape.Whole whole:
                if (Scalars.AsWhole(node) is { } number && number >= whole.Least && number <= whole.Most) _found.Add(path, number, node);
                else mistakes.Add(node, path, $"a whole number from {whole.Least} to {whole.Most}, not quoted");
                break;
            case Shape.Truth:
                if (Scalars.AsTruth(node) is { } truth) _found.Add(path, truth, node);
                else mistakes.Add(node, path, "true or false, not quoted");
                break;
            case Shape.ListOf list:
                ReadList(node, path, list);
                break;
            case Shape.Section section:
                if (node is YamlMappingNode mapping) ReadSection(mapping, path, section);
                else mistakes.Add(node, path, $"members are expected here: {string.Join(", ", section.Members.Select(member => member.Name))}");
                break;
            case Shape.OneOf one:
                ReadOneOf(node, path, one);
                break;
            default:
                throw new InvalidOperationException($"no reader for the shape {shape.GetType().Name}");
        }

        void Keep(string? value, string otherwise)
        {
            if (value is not null) _found.Add(path, value, node);
            else mistakes.Add(node, path, otherwise);
        }
    }

    private void ReadList(YamlNode node, string path, Shape.ListOf list)
    {
        if (node is not YamlSequenceNode { Children: { Count: > 0 } items } || items.Count > list.MaxItems)
        {
            mistakes.Add(node, path, $"a list of 1 to {list.MaxItems} is expected here");
            return;
        }

        var values = new List<Value<string>>();
        for (var i = 0; i < items.Count; i++)
        {
            var itemPath = $"{path}[{i}]";
            if (AsText(items[i], itemPath, list.Item) is not { } value) continue;
            if (values.Any(earlier => earlier.Is == value)) mistakes.Add(items[i], itemPath, $"{Shown.Text(value)} is listed twice");
            else values.Add(new Value<string>(value, itemPath, items[i]));
        }

        _found.Add<IReadOnlyList<Value<string>>>(path, values, node);
    }

    private void ReadOneOf(YamlNode node, string path, Shape.OneOf one)
    {
        if (node is not YamlMappingNode { Children: { Count: 1 } members })
        {
            mistakes.Add(node, path, $"exactly one member is expected here, one of {string.Join(", ", one.Names)}");
            return;
        }

        var (key, value) = (((YamlScalarNode)members[0].Key).Value ?? "", members[0].Value);
        var memberPath = Shown.Member(path, key);
        if (!one.Names.Contains(key)) mistakes.Add(members[0].Key, memberPath, Unknown(key, one.Names));
        else if (value is YamlMappingNode section)
        {
            _found.Add(path, key, members[0].Key);
            _found.Add(memberPath, section, section);
        }
        else mistakes.Add(value, memberPath, "members are expected here");
    }

    private string? AsText(YamlNode node, string path, Shape.Text shape)
    {
        var text = Scalars.AsText(node);
        if (text is null) mistakes.Add(node, path, $"text is expected here, quoted where YAML reads it as something else: {shape.Means}");
        else if (text.Length <= shape.MaxLength && Regex.IsMatch(text, shape.Pattern, RegexOptions.ECMAScript) && !text.EndsWith('\n')) return text;
        else mistakes.Add(node, path, $"{Shown.Text(text)} does not fit: {shape.Means}, at most {shape.MaxLength} characters");
        return null;
    }

    private static string WrongWord(YamlNode node, Shape.Choice choice)
    {
        var meant = Scalars.AsText(node) is { } word ? Spelling.Closest(word, choice.Words) : null;
        var words = string.Join(" or ", choice.Words);
        return meant is null ? $"one word is expected here: {words}" : $"one word is expected here: {words}; did you mean {meant}?";
    }

    private static string Unknown(string name, IEnumerable<string> known) =>
        Spelling.Closest(name, known) is { } closest
            ? $"unknown; did you mean {closest}?"
            : $"unknown; known here are {string.Join(", ", known)}";
}
