using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Storage;

internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services, StorageOptions options, TimeProvider machine) => services
        .AddSingleton(options)
        .AddSingleton<Store>(_ => options.Provider == "postgres" ? new PostgresStore(options) : new SqliteStore(options))
        .AddSingleton(_ => new BrokerClock(machine))
        .AddSingleton<TimeProvider>(provider => provider.GetRequiredService<BrokerClock>())
        .AddSingleton<Journal>()
        .AddSingleton<Rounds>()
        .AddSingleton<BrokerIdentity>()
        .AddSingleton<Migrator>()
        .AddSingleton(provider => new Heartbeat(provider.GetRequiredService<Store>(), provider.GetRequiredService<Journal>(), provider.GetRequiredService<BrokerClock>(), machine))
        .AddSingleton<BeatLog>();
}
