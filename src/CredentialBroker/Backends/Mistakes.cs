using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends;

/// <summary>One mistake in a document: where, and what to do about it.</summary>
/// <param name="Line">Line in the document, from 1; 0 when the whole document is meant.</param>
/// <param name="Path">Member path, such as <c>backend.postgres.memberOf[0]</c>.</param>
internal sealed record Mistake(string File, long Line, string Path, string Message)
{
    public override string ToString() => $"{File}:{Line}: {Path}: {Message}";
}

/// <summary>Collects every mistake of one document, so that its author sees them all at once.</summary>
internal sealed class Mistakes(string file)
{
    private readonly List<Mistake> _all = [];

    public IReadOnlyList<Mistake> All => _all;

    public bool Any => _all.Count > 0;

    public void Add(YamlNode? at, string path, string message) => Add(at?.Start.Line ?? 0, path, message);

    /// <summary>For what has a line but never became a node.</summary>
    public void Add(long line, string path, string message) => _all.Add(new Mistake(file, line, path, message));
}
