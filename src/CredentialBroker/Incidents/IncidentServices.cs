namespace CredentialBroker.Incidents;

internal static class IncidentServices
{
    public static IServiceCollection AddIncidents(this IServiceCollection services) => services.AddSingleton<CutOffs>();
}
