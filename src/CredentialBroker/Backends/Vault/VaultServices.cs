using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Vault;

internal static class VaultServices
{
    public static IServiceCollection AddVault(this IServiceCollection services, IReadOnlyDictionary<string, VaultTarget> targets) => services
        .AddSingleton(provider => new VaultConnections(targets, provider.GetRequiredService<KeyRings>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new BackendKind(
            new VaultBackend(provider.GetRequiredService<BrokerIdentity>().Id, provider.GetRequiredService<VaultConnections>(), provider.GetRequiredService<BrokerClock>()),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxMinting, options.MaxEnding) : GateLimits.Least));
}
