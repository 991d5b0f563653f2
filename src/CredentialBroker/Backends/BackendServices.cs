using CredentialBroker.Backends.Postgres;
using CredentialBroker.Backends.Vault;
using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends;

internal static class BackendServices
{
    /// <summary>Backends name what they make after the broker, so that they exist only once its id was read.</summary>
    public static IServiceCollection AddBackends(this IServiceCollection services, TargetOptions targets) => services
        .AddSingleton(new PostgresConnections(targets.Postgres))
        .AddSingleton(provider => new VaultConnections(targets.Vault, provider.GetRequiredService<KeyRings>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton<BackendMetrics>()
        .AddSingleton(provider => BackendCatalog.BuiltIn(
            provider.GetRequiredService<BrokerIdentity>().Id, targets, provider.GetRequiredService<KeyRings>(),
            provider.GetRequiredService<StatusIndexes>(), provider.GetRequiredService<CertificateAuthorities>(),
            provider.GetRequiredService<PostgresConnections>(), provider.GetRequiredService<VaultConnections>(), provider.GetRequiredService<BrokerClock>(), provider.GetRequiredService<BackendMetrics>()))
        .AddSingleton(provider => provider.GetRequiredService<BackendCatalog>().All);
}
