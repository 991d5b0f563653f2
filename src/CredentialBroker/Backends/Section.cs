using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends;

/// <summary>
/// Reads one mapping of a template and reports what is wrong with it. A backend reads each member once, then calls
/// <see cref="RefuseOthers"/>: a misspelt member must not silently mean nothing.
/// </summary>
internal sealed class Section(YamlMappingNode node, string path, Mistakes mistakes)
{
    private readonly HashSet<string> _known = [];

    /// <summary>Path of a member, as mistakes name it.</summary>
    public string PathOf(string key) => $"{path}.{key}";

    public YamlNode? Node(string key)
    {
        _known.Add(key);
        return node.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode scalar && scalar.Value == key).Value;
    }

    public string? Text(string key, bool required = false)
    {
        var found = Node(key);
        if (found is YamlScalarNode { Value.Length: > 0 } scalar) return scalar.Value;
        if (found is not null || required) Mistake(key, found is null ? "is missing" : "must be a text");
        return null;
    }

    public int Integer(string key, int otherwise, int min, int max)
    {
        var found = Node(key);
        if (found is null) return otherwise;
        if (found is YamlScalarNode scalar
            && int.TryParse(scalar.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && value >= min && value <= max)
            return value;
        Mistake(key, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"));
        return otherwise;
    }

    /// <summary>A list of texts with the node of each, for mistakes at the right line; empty when absent.</summary>
    public IReadOnlyList<(string Value, YamlNode At, string Path)> Texts(string key, bool required = false)
    {
        var found = Node(key);
        if (found is YamlSequenceNode list && list.Children.All(child => child is YamlScalarNode { Value.Length: > 0 }))
        {
            if (list.Children.Count == 0 && required) Mistake(key, "must name at least one");
            return [.. list.Children.Select((child, i) => (((YamlScalarNode)child).Value!, child, $"{PathOf(key)}[{i}]"))];
        }

        if (found is not null || required) Mistake(key, found is null ? "is missing" : "must be a list of texts");
        return [];
    }

    /// <summary>The members of a mapping below this one; empty when absent.</summary>
    public IReadOnlyList<(string Name, YamlNode Value, string Path)> Members(string key)
    {
        var found = Node(key);
        if (found is YamlMappingNode map && map.Children.Keys.All(name => name is YamlScalarNode { Value.Length: > 0 }))
            return [.. map.Children.Select(pair => (((YamlScalarNode)pair.Key).Value!, pair.Value, $"{PathOf(key)}.{pair.Key}"))];
        if (found is not null) Mistake(key, "must be a mapping");
        return [];
    }

    public void RefuseOthers()
    {
        foreach (var key in node.Children.Keys)
        {
            if (key is not YamlScalarNode { Value: { } name } || !_known.Contains(name))
                mistakes.Add(key, $"{path}.{key}", $"is not known here; known are {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }

    public void Mistake(string key, string message) => mistakes.Add(Node(key) ?? node, PathOf(key), message);
}
