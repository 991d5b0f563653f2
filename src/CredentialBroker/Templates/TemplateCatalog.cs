using System.Collections.Frozen;

namespace CredentialBroker.Templates;

/// <summary>The active templates at one moment; replaced as a whole, never changed. What was not compiled is not here.</summary>
internal sealed class TemplateCatalog(IEnumerable<CompiledTemplate> templates)
{
    // By way of ToDictionary, which refuses two templates of one name.
    private readonly FrozenDictionary<string, CompiledTemplate> _byName =
        templates.ToDictionary(template => template.Name, StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal);

    public IEnumerable<CompiledTemplate> All => _byName.Values;

    /// <summary>Null when no such template is active.</summary>
    public CompiledTemplate? Find(string name) => _byName.GetValueOrDefault(name);
}
