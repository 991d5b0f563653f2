using Microsoft.Extensions.Caching.Memory;

namespace CredentialBroker.Clusters;

/// <summary>
/// Whether a service account may do everything in its namespace: whoever holds its token need not steal any other. Asked at
/// admission, where seconds matter, so that an answer is kept for a minute.
/// </summary>
internal sealed class AccountRights(ClusterCatalog clusters) : IDisposable
{
    public const string Wildcard = "rbac-wildcard", Unknown = "rbac-unknown";

    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    /// <summary>The weakness that it is, or null.</summary>
    public async Task<string?> WeaknessAsync(string cluster, string space, string account, CancellationToken cancel)
    {
        var key = (cluster, space, account);
        if (_known.TryGetValue<string?>(key, out var known)) return known;
        try
        {
            var found = await clusters.To(cluster).MayEverythingAsync(space, account, cancel) ? Wildcard : null;
            _known.Set(key, found, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Kept });
            return found;
        }
        catch (ClusterException)
        {
            // What could not be found out is told as that, and whoever judges the approval may mind.
            return Unknown;
        }
    }

    public void Dispose() => _known.Dispose();
}
