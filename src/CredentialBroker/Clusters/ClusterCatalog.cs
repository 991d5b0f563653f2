using System.Collections.Concurrent;

namespace CredentialBroker.Clusters;

/// <summary>The configured clusters, each with the one client that is made when it is first asked.</summary>
internal sealed class ClusterCatalog(IReadOnlyDictionary<string, ClusterOptions> configured) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<ClusterClient>> _clients = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, ClusterOptions> All => configured;

    /// <exception cref="ClusterException">There is none of this name.</exception>
    public ClusterClient To(string name) => configured.TryGetValue(name, out var options)
        ? _clients.GetOrAdd(name, _ => new Lazy<ClusterClient>(() => new ClusterClient(name, options))).Value
        : throw new ClusterException(name, 0, "no cluster of this name is configured");

    public void Dispose()
    {
        foreach (var client in _clients.Values.Where(made => made.IsValueCreated)) client.Value.Dispose();
    }
}
