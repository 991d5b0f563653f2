using CredentialBroker.Issuer;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Backends.Aws;

internal static class AwsServices
{
    /// <summary>Sessions and denies are named after the broker, so that these exist only once its id was read.</summary>
    public static IServiceCollection AddAws(this IServiceCollection services, IReadOnlyDictionary<string, AwsTarget> targets) => services
        .AddSingleton(provider => new AwsConnections(IdOf(provider), targets, provider.GetRequiredService<KeyRings>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new AwsSessions(provider.GetRequiredService<Store>(), provider.GetRequiredService<Journal>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new AwsDenials(IdOf(provider), provider.GetRequiredService<AwsSessions>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new AwsRoles(IdOf(provider), provider.GetRequiredService<AwsSessions>(), provider.GetRequiredService<AwsDenials>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton<AwsCutOffs>()
        .AddSingleton<AwsLog>()
        .AddSingleton(provider => new AwsTending(
            provider.GetRequiredService<AwsConnections>(), provider.GetRequiredService<AwsSessions>(), provider.GetRequiredService<AwsDenials>(), provider.GetRequiredService<AwsRoles>(),
            provider.GetRequiredService<AwsLog>(), provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new BackendKind(
            Of(IdOf(provider), provider.GetRequiredService<AwsConnections>(), provider.GetRequiredService<AwsSessions>(), provider.GetRequiredService<AwsDenials>(),
                provider.GetRequiredService<AwsRoles>(), provider.GetRequiredService<BrokerClock>()),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxMinting, options.MaxEnding) : GateLimits.Least));

    public static AwsBackend Of(string brokerId, AwsConnections connections, AwsSessions sessions, AwsDenials denials, AwsRoles roles, TimeProvider clock)
    {
        var asks = new SessionAsk(brokerId, clock);
        return new AwsBackend(connections, roles, new SharedRole(brokerId, sessions, denials, roles, asks, clock), new LeaseRole(brokerId, asks, clock), new AwsCheck(brokerId));
    }

    private static string IdOf(IServiceProvider provider) => provider.GetRequiredService<BrokerIdentity>().Id;
}
