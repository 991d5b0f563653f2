using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Postgres;

internal static class PostgresServices
{
    /// <summary>As much at once as the pools have connections: who waits, waits at the gate, where it is counted.</summary>
    public static IServiceCollection AddPostgres(this IServiceCollection services, IReadOnlyDictionary<string, PostgresTarget> targets) => services
        .AddSingleton(new PostgresConnections(targets))
        .AddSingleton(provider => new BackendKind(
            new PostgresBackend(provider.GetRequiredService<BrokerIdentity>().Id, provider.GetRequiredService<PostgresConnections>(), provider.GetRequiredService<BrokerClock>()),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxConnections, options.EndingConnections) : GateLimits.Least));
}
