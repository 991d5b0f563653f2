using CredentialBroker.Approvals;

namespace CredentialBroker.Hosts;

internal static class HostServices
{
    public static IServiceCollection AddHosts(this IServiceCollection services, HostsOptions options) => services
        .AddSingleton(options)
        .AddSingleton<HostStore>()
        .AddSingleton<HostRecords>()
        .AddSingleton<HostReports>()
        .AddSingleton<HostIntake>()
        .AddSingleton<ISourceGuard, HostGuard>();
}
