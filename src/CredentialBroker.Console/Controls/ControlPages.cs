namespace CredentialBroker.WebConsole.Controls;

internal static class ControlPages
{
    public static void MapControlPages(this IEndpointRouteBuilder routes)
    {
    }
}
