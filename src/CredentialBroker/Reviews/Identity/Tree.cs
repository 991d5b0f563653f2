using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Reviews.Identity;

/// <summary>A place in a document, there or not: what is absent reads as nothing.</summary>
internal readonly record struct Tree(YamlNode? Node)
{
    public bool Exists => Node is not null and not YamlScalarNode { Value: null or "" or "~" or "null", Style: YamlDotNet.Core.ScalarStyle.Plain };

    public Tree this[string name] => Node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(name), out var value) ? new Tree(value) : default;

    public string? Text => Exists && Node is YamlScalarNode scalar ? scalar.Value : null;

    /// <summary>A name, which Kubernetes keeps short; null for what is longer or no text.</summary>
    public string? Name => Text is { Length: > 0 and <= 512 } name && name.All(c => !char.IsControl(c)) ? name : null;

    public bool? Truth => Text switch { "true" => true, "false" => false, _ => null };

    public long? Number => long.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public IEnumerable<Tree> Items => Node is YamlSequenceNode list ? list.Children.Select(item => new Tree(item)) : [];

    public IEnumerable<(string Name, Tree Value)> Members => Node is YamlMappingNode mapping ? mapping.Children.Select(pair => (((YamlScalarNode)pair.Key).Value ?? "", new Tree(pair.Value))) : [];

    public IReadOnlyList<string> Names => [.. Items.Select(item => item.Name).OfType<string>()];
}
