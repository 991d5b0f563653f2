using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Templates.Documents;

/// <summary>One value of a document, with the place to point at.</summary>
internal sealed record Value<T>(T Is, string Path, YamlNode At);

/// <summary>
/// The well-shaped values of a document by member path. A value that is absent or was a mistake is not here, so that rules
/// across members can run on what is and report everything at once.
/// </summary>
internal sealed class Found
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    public void Add<T>(string path, T value, YamlNode at) => _values.Add(path, new Value<T>(value, path, at));

    /// <summary>Null when absent without a default, or when it was a mistake.</summary>
    public Value<T>? Get<T>(string path) => _values.GetValueOrDefault(path) as Value<T>;

    /// <summary>For values that the shape guarantees once a document has no mistakes.</summary>
    public T The<T>(string path) =>
        Get<T>(path) is { } value ? value.Is : throw new InvalidOperationException($"{path} was not found and not reported");

    public IReadOnlyList<Value<string>> List(string path) => Get<IReadOnlyList<Value<string>>>(path)?.Is ?? [];
}
