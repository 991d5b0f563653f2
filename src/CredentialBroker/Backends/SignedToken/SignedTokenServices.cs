using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.SignedToken;

internal static class SignedTokenServices
{
    public static IServiceCollection AddSignedToken(this IServiceCollection services, IReadOnlyDictionary<string, SignedTokenTarget> targets) => services
        .AddSingleton(provider => new BackendKind(
            new SignedTokenBackend(provider.GetRequiredService<KeyRings>().Workload, provider.GetRequiredService<StatusIndexes>(), targets, provider.GetRequiredService<BrokerClock>()),
            _ => GateLimits.InProcess));
}
