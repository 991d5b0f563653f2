using System.Collections.Frozen;
using CredentialBroker.Backends.Certificate;
using CredentialBroker.Backends.Postgres;
using CredentialBroker.Backends.SignedToken;
using CredentialBroker.Backends.Vault;
using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends;

/// <summary>The kinds of credential this broker knows, by the word templates use, each with its guard around it.</summary>
internal sealed class BackendCatalog : IDisposable
{
    private static readonly GateLimits Unlimited = new(Minting: 64, Ending: 64);
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

    /// <param name="brokerId">Six characters of the broker's id.</param>
    public static BackendCatalog BuiltIn(
        string brokerId, TargetOptions targets, KeyRings rings, StatusIndexes statuses, CertificateAuthorities authorities, PostgresConnections postgres, VaultConnections vault, BrokerClock clock, BackendMetrics metrics)
    {
        (Backend Backend, Func<string, GateLimits> Limits)[] table =
        [
            (new SignedTokenBackend(rings.Workload, statuses, targets.SignedToken, clock), _ => Unlimited),
            (new CertificateBackend(authorities, targets.Certificate, clock), _ => Unlimited),
            (new PostgresBackend(brokerId, postgres, clock), target => PostgresLimits(targets, target)),
            (new VaultBackend(brokerId, vault, clock), target => VaultLimits(targets, target)),
        ];
        var catalog = new BackendCatalog(table.Select(row => new GuardedBackend(row.Backend, row.Limits, metrics, clock)));
        metrics.Watch(() => catalog.States);
        return catalog;
    }

    public void Dispose()
    {
        foreach (var backend in _byName.Values.OfType<IDisposable>()) backend.Dispose();
    }

    // As many as the pools have connections: who waits, waits here, where it is counted.
    private static GateLimits PostgresLimits(TargetOptions targets, string target) => targets.Postgres.TryGetValue(target, out var options)
        ? new GateLimits(options.MaxConnections, options.EndingConnections)
        : new GateLimits(1, 1);

    private static GateLimits VaultLimits(TargetOptions targets, string target) => targets.Vault.TryGetValue(target, out var options)
        ? new GateLimits(options.MaxMinting, options.MaxEnding)
        : new GateLimits(1, 1);
}
