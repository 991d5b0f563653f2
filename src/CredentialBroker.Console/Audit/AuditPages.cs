namespace CredentialBroker.WebConsole.Audit;

internal static class AuditPages
{
    public static void MapAuditPage(this IEndpointRouteBuilder routes)
    {
    }
}
