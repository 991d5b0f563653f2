using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Webhook;

internal static class WebhookServices
{
    public static IServiceCollection AddWebhook(this IServiceCollection services, IReadOnlyDictionary<string, WebhookTarget> targets) => services
        .AddSingleton(provider => Receivers(
            provider.GetRequiredService<BrokerIdentity>().Id, targets, provider.GetRequiredService<KeyRings>().Federation, provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new BackendKind(
            new WebhookBackend(provider.GetRequiredService<PerTarget<WebhookTarget, WebhookCalls>>(), provider.GetRequiredService<BrokerClock>()),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxMinting, options.MaxEnding) : GateLimits.Least));

    public static PerTarget<WebhookTarget, WebhookCalls> Receivers(string brokerId, IReadOnlyDictionary<string, WebhookTarget> targets, KeyRing federation, TimeProvider clock) =>
        new(WebhookBackend.Word, targets, (_, options) => new WebhookCalls(brokerId, options, federation, clock));
}
