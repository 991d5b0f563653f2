using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Azure;

internal static class AzureServices
{
    public static IServiceCollection AddAzure(this IServiceCollection services, IReadOnlyDictionary<string, AzureTarget> targets) => services
        .AddSingleton(provider => new AzureConnections(targets, provider.GetRequiredService<KeyRings>(), provider.GetRequiredService<BrokerClock>(), TimeProvider.System))
        .AddSingleton(provider => new BackendKind(
            new AzureBackend(provider.GetRequiredService<BrokerIdentity>().Id, provider.GetRequiredService<AzureConnections>(), provider.GetRequiredService<BrokerClock>()),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxMinting, options.MaxEnding) : GateLimits.Least));
}
