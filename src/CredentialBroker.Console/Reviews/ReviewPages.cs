namespace CredentialBroker.WebConsole.Reviews;

internal static class ReviewPages
{
    public static void MapReviewPages(this IEndpointRouteBuilder routes)
    {
    }
}
