namespace CredentialBroker.WebConsole.Incidents;

internal static class IncidentPages
{
    public static void MapIncidentPages(this IEndpointRouteBuilder routes)
    {
    }
}
