using System.Text;
using CredentialBroker.Backends;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Templates.Documents;

/// <summary>
/// Lets in the plain part of YAML (JSON is within it) and nothing that can surprise: one document, bounded size and depth,
/// no anchors, aliases, tags, directives, merge keys, duplicate keys or block scalars. Reads events first, so that the
/// tree is built only of text that passed.
/// </summary>
internal sealed class YamlGate(Mistakes mistakes)
{
    public const int MaxBytes = 64 * 1024;
    public const int MaxDepth = 16;

    private readonly Stack<Frame> _open = new();
    private int _documents;

    /// <summary>The document's root, or null after a mistake.</summary>
    public static YamlMappingNode? Read(string text, Mistakes mistakes)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            mistakes.Add(0, "", $"a template has at most {MaxBytes / 1024} KiB");
            return null;
        }

        if (!new YamlGate(mistakes).Pass(text)) return null;
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        if (stream.Documents is [{ RootNode: YamlMappingNode root }]) return root;
        mistakes.Add(1, "", "a template is one mapping of members");
        return null;
    }

    private bool Pass(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            while (parser.MoveNext())
            {
                if (!Pass(parser.Current!)) return false;
            }
        }
        catch (Exception e)
        {
            // On some damaged text the parser throws other things than its own exception. Its sentence may quote the text;
            // the place is enough to find it.
            var at = e is YamlException yaml ? yaml.Start : parser.Current?.End ?? Mark.Empty;
            mistakes.Add(at.Line, "", $"not readable as YAML here (column {at.Column})");
        }

        return !mistakes.Any;
    }

    /// <summary>Looks at one event; false when reading on makes no sense.</summary>
    private bool Pass(ParsingEvent at)
    {
        switch (at)
        {
            case DocumentStart start:
                if (start.Version is not null) Mistake(at, "directives are refused");
                return ++_documents == 1 || Mistake(at, "one file holds one template; more documents are refused");
            case AnchorAlias:
                return Mistake(at, "anchors and aliases are refused; write the value out");
            case NodeEvent node:
                return Pass(node);
            case MappingEnd or SequenceEnd:
                _open.Pop();
                return true;
            default:
                return true;
        }
    }

    private bool Pass(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty) Mistake(node, "anchors and aliases are refused; write the value out");
        if (!node.Tag.IsEmpty) Mistake(node, "tags are refused");
        if (node is Scalar { Style: ScalarStyle.Literal or ScalarStyle.Folded }) Mistake(node, "block text is refused; use one plain or quoted line");

        if (_open.TryPeek(out var frame) && frame.TakesKey)
        {
            if (node is not Scalar key) return Mistake(node, "a member's name is plain text");
            frame.Key = key.Value;
            if (key.Value == "<<") Mistake(node, "merge keys are refused; write the members out");
            else if (!frame.Keys!.Add(key.Value)) Mistake(node, $"{Shown.Text(key.Value)} appears twice");
            frame.TakesKey = false;
            return true;
        }

        if (frame is { Keys: not null }) frame.TakesKey = true;
        else if (frame is not null) frame.Index++;
        if (node is not (MappingStart or SequenceStart)) return true;
        if (_open.Count == MaxDepth) return Mistake(node, $"more than {MaxDepth} levels deep");
        _open.Push(node is MappingStart ? new Frame { Keys = new(StringComparer.Ordinal), TakesKey = true } : new Frame());
        return true;
    }

    private bool Mistake(ParsingEvent at, string message)
    {
        mistakes.Add(at.Start.Line, Path(), message);
        return false;
    }

    private string Path() => _open.Reverse().Aggregate("", (path, frame) => frame switch
    {
        { Key: { } key } => Shown.Member(path, key),
        { Keys: null } => $"{path}[{Math.Max(0, frame.Index)}]",
        _ => path,
    });

    private sealed class Frame
    {
        /// <summary>Names seen in a mapping; null in a sequence.</summary>
        public HashSet<string>? Keys { get; init; }
        public bool TakesKey { get; set; }
        public string? Key { get; set; }
        public int Index { get; set; } = -1;
    }
}
