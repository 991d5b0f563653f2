using CredentialBroker.Backends.Aws;
using CredentialBroker.Backends.Azure;
using CredentialBroker.Backends.Certificate;
using CredentialBroker.Backends.Gcp;
using CredentialBroker.Backends.GitHub;
using CredentialBroker.Backends.Kubernetes;
using CredentialBroker.Backends.Postgres;
using CredentialBroker.Backends.SignedToken;
using CredentialBroker.Backends.Vault;
using CredentialBroker.Backends.Webhook;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends;

internal static class BackendServices
{
    /// <summary>Backends name what they make after the broker, so that they exist only once its id was read.</summary>
    public static IServiceCollection AddBackends(this IServiceCollection services, TargetOptions targets) => services
        .AddSingleton<BackendMetrics>()
        .AddAws(targets.Aws)
        .AddAzure(targets.Azure)
        .AddCertificate(targets.Certificate)
        .AddGcp(targets.Gcp)
        .AddGitHub(targets.GitHub)
        .AddKubernetes(targets.Kubernetes)
        .AddPostgres(targets.Postgres)
        .AddSignedToken(targets.SignedToken)
        .AddVault(targets.Vault)
        .AddWebhook(targets.Webhook)
        .AddSingleton(provider => BackendCatalog.Of(
            provider.GetServices<BackendKind>(), provider.GetRequiredService<BackendMetrics>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => provider.GetRequiredService<BackendCatalog>().All);
}
