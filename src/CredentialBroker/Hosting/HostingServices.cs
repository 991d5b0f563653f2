using CredentialBroker.Hosting.Telemetry;

namespace CredentialBroker.Hosting;

internal static class HostingServices
{
    public static IServiceCollection AddHosting(this IServiceCollection services, OperatorOptions operators) => services
        .AddPartitions()
        // A parameter of another form goes through the door like every other refusal.
        .Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true)
        .AddSingleton(operators)
        .AddSingleton<OperatorTokens>()
        .AddSingleton<DoorLog>()
        .AddSingleton<PrometheusText>();
}
