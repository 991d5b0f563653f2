using System.Collections.Frozen;

namespace CredentialBroker.Backends;

/// <summary>The kinds of credential this broker knows, by the word templates use, each with its guard around it.</summary>
internal sealed class BackendCatalog : IDisposable
{
    private readonly FrozenDictionary<string, Backend> _byName;

    public BackendCatalog(IEnumerable<Backend> backends)
    {
        var byName = new Dictionary<string, Backend>(StringComparer.Ordinal);
        foreach (var backend in backends)
        {
            if (!byName.TryAdd(backend.Name, backend)) throw new ArgumentException($"Two backends are called {backend.Name}.", nameof(backends));
        }

        _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public IEnumerable<Backend> All => _byName.Values.OrderBy(backend => backend.Name, StringComparer.Ordinal);

    /// <summary>Every target, and whether it is up.</summary>
    public IEnumerable<TargetState> States => All.OfType<GuardedBackend>().SelectMany(backend => backend.States);

    public Backend? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Each kind with its guard around it, watched by the metrics.</summary>
    public static BackendCatalog Of(IEnumerable<BackendKind> kinds, BackendMetrics metrics, TimeProvider clock)
    {
        var catalog = new BackendCatalog(kinds.Select(kind => new GuardedBackend(kind.Backend, kind.Limits, metrics, clock)));
        metrics.Watch(() => catalog.States);
        return catalog;
    }

    public void Dispose()
    {
        foreach (var backend in _byName.Values.OfType<IDisposable>()) backend.Dispose();
    }
}
