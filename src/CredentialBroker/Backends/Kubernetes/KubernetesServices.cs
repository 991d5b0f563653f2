using CredentialBroker.Backends.Wires;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Kubernetes;

internal static class KubernetesServices
{
    public static IServiceCollection AddKubernetes(this IServiceCollection services, IReadOnlyDictionary<string, KubernetesTarget> targets) => services
        .AddSingleton(_ => Clusters(targets))
        .AddSingleton(provider => new BackendKind(
            new KubernetesBackend(provider.GetRequiredService<BrokerIdentity>().Id, provider.GetRequiredService<PerTarget<KubernetesTarget, KubernetesHttp>>(), provider.GetRequiredService<BrokerClock>()),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxMinting, options.MaxEnding) : GateLimits.Least));

    public static PerTarget<KubernetesTarget, KubernetesHttp> Clusters(IReadOnlyDictionary<string, KubernetesTarget> targets) =>
        new(KubernetesBackend.Word, targets, (_, options) => new KubernetesHttp(options));
}
