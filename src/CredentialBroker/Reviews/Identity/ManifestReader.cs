using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Reviews.Identity;

/// <summary>
/// Reads documents of a cluster, in YAML (JSON is within it), several to a text. Looks at the events first: no anchors, aliases or tags,
/// bounded in size, depth and number, so that the tree is built only of text that passed.
/// </summary>
internal static class ManifestReader
{
    public const int MaxBytes = 1024 * 1024;
    private const int MaxDepth = 48;
    private const int MaxNodes = 200_000;
    private const int MaxObjects = 4_000;

    public static Documents? Read(string text, out string? fault)
    {
        var stream = new YamlStream();
        try
        {
            fault = Encoding.UTF8.GetByteCount(text) > MaxBytes ? $"documents have at most {MaxBytes / 1024} KiB" : Look(new Parser(new StringReader(text)));
            if (fault is not null) return null;
            stream.Load(new StringReader(text));
        }
        catch (Exception error)
        {
            // On some damaged text the parser throws other things than its own exception; its sentence may quote the text.
            fault = error is YamlException yaml ? $"line {yaml.Start.Line}: not readable as YAML" : "not readable as YAML";
            return null;
        }

        var (all, kinds) = (new List<Manifest>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var document in stream.Documents)
        {
            if (Add(new Tree(document.RootNode), all, kinds) is not { } wrong) continue;
            fault = wrong;
            return null;
        }

        fault = all.Count == 0 ? "there is no object in it" : all.Count > MaxObjects ? $"more than {MaxObjects} objects" : Twice(all);
        return fault is null ? new Documents(all, kinds) : null;
    }

    private static string? Look(Parser parser)
    {
        for (var (depth, nodes) = (0, 0); parser.MoveNext();)
        {
            switch (parser.Current)
            {
                case AnchorAlias or NodeEvent { Anchor.IsEmpty: false }:
                    return $"line {parser.Current.Start.Line}: anchors and aliases are refused; write the value out";
                case NodeEvent { Tag.IsEmpty: false }:
                    return $"line {parser.Current.Start.Line}: tags are refused";
                case MappingStart or SequenceStart when ++depth > MaxDepth:
                    return $"line {parser.Current.Start.Line}: more than {MaxDepth} levels deep";
                case MappingEnd or SequenceEnd:
                    depth--;
                    break;
            }

            if (++nodes > MaxNodes) return $"more than {MaxNodes} values";
        }

        return null;
    }

    private static string? Add(Tree tree, List<Manifest> all, HashSet<string> kinds)
    {
        if (!tree.Exists) return null;
        if (tree["kind"].Name is { } kind && kind.EndsWith("List", StringComparison.Ordinal) && tree["items"].Node is YamlSequenceNode)
        {
            if (kind != "List") kinds.Add(kind[..^4]);
            return tree["items"].Items.Select(item => Add(OfList(item, kind, tree), all, kinds)).FirstOrDefault(wrong => wrong is not null);
        }

        if (Manifest.Read(tree, out var fault) is not { } manifest) return fault;
        all.Add(manifest);
        kinds.Add(manifest.Kind);
        return null;
    }

    /// <summary>The API leaves kind and version out of what stands in a list of one kind.</summary>
    private static Tree OfList(Tree item, string kind, Tree list)
    {
        if (item.Node is not YamlMappingNode mapping || kind == "List" || item["kind"].Exists) return item;
        mapping.Children[new YamlScalarNode("kind")] = new YamlScalarNode(kind[..^4]);
        mapping.Children[new YamlScalarNode("apiVersion")] = new YamlScalarNode(list["apiVersion"].Text ?? "v1");
        return item;
    }

    private static string? Twice(List<Manifest> all) =>
        all.GroupBy(one => (one.Kind, one.Group, one.Namespace, one.Name)).FirstOrDefault(same => same.Count() > 1) is { } twice ? $"{twice.First().Title} is there twice" : null;
}
