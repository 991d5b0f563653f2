using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Certificate;

internal static class CertificateServices
{
    public static IServiceCollection AddCertificate(this IServiceCollection services, IReadOnlyDictionary<string, CertificateTarget> targets) => services
        .AddSingleton(provider => new BackendKind(
            new CertificateBackend(provider.GetRequiredService<CertificateAuthorities>(), targets, provider.GetRequiredService<BrokerClock>()),
            _ => GateLimits.InProcess));
}
