namespace CredentialBroker.WebConsole.Templates;

internal static class TemplatePages
{
    public static void MapTemplatePages(this IEndpointRouteBuilder routes)
    {
    }
}
