namespace CredentialBroker.WebConsole.Approvals;

internal static class ApprovalPages
{
    public static void MapApprovalPages(this IEndpointRouteBuilder routes)
    {
    }
}
