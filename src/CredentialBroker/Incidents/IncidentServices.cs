namespace CredentialBroker.Incidents;

internal static class IncidentServices
{
    public static IServiceCollection AddIncidents(this IServiceCollection services, IncidentOptions options) => services
        .AddSingleton(options)
        .AddSingleton<IncidentStore>()
        .AddSingleton<IncidentViews>()
        .AddSingleton<IncidentSignal>()
        .AddSingleton<IncidentLog>()
        .AddSingleton<IncidentReports>()
        .AddSingleton<SavedSelectors>()
        .AddSingleton<Preview>()
        .AddSingleton<Responses>()
        .AddSingleton<CutOffs>();
}
