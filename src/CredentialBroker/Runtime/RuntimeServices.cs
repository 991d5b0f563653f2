using CredentialBroker.Runtime.Drift;
using CredentialBroker.Runtime.Watching;

namespace CredentialBroker.Runtime;

internal static class RuntimeServices
{
    public static IServiceCollection AddRuntime(this IServiceCollection services, DriftOptions drift) => services
        .AddSingleton<TaskEnds>()
        .AddSingleton<TaskReach>()
        .AddSingleton<ApprovalEnds>()
        .AddSingleton(drift)
        .AddSingleton<DriftLog>()
        .AddSingleton<FindingMetrics>()
        .AddSingleton<FindingStore>()
        .AddSingleton<TargetDrift>()
        .AddSingleton<WatchLog>()
        .AddSingleton<Standings>()
        .AddHostedService(provider => provider.GetRequiredService<Standings>());
}
