using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Gcp;

internal static class GcpServices
{
    public static IServiceCollection AddGcp(this IServiceCollection services, IReadOnlyDictionary<string, GcpTarget> targets) => services
        .AddSingleton(provider => new GcpBackend(targets, provider.GetRequiredService<KeyRings>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new BackendKind(
            provider.GetRequiredService<GcpBackend>(),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxMinting, options.MaxEnding) : GateLimits.Least));
}
