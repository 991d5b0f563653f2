using System.Collections.Concurrent;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>The wires and logins of every target, each made when first asked for.</summary>
internal sealed class VaultConnections(IReadOnlyDictionary<string, VaultTarget> targets, KeyRings rings, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<VaultConnection>> _made = new();

    public IReadOnlyDictionary<string, VaultTarget> Targets => targets;

    public VaultConnection To(string target) => targets.TryGetValue(target, out var options)
        ? _made.GetOrAdd(target, _ => new Lazy<VaultConnection>(() => Connect(options))).Value
        : throw new BackendException(VaultBackend.Word, ReasonCodes.EndFailed, $"the target {target} is no longer configured", transient: false);

    public void Dispose()
    {
        foreach (var made in _made.Values.Where(made => made.IsValueCreated)) made.Value.Dispose();
    }

    private VaultConnection Connect(VaultTarget options)
    {
        var http = new VaultHttp(options, clock);
        return new VaultConnection(options, http, new VaultSession(http, new VaultDoor(options.Login, rings.Federation, clock), clock), new VaultListing(clock));
    }
}

/// <param name="Http">For calls with a lease's own token.</param>
/// <param name="Session">For calls with the broker's.</param>
internal sealed record VaultConnection(VaultTarget Options, VaultHttp Http, VaultSession Session, VaultListing Listing) : IDisposable
{
    public void Dispose()
    {
        Session.Dispose();
        Http.Dispose();
    }
}
