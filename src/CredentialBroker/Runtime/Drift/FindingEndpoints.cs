using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Findings;

namespace CredentialBroker.Runtime.Drift;

internal static class FindingEndpoints
{
    /// <param name="routes">All routes.</param>
    public static void MapFindings(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/findings", async (FindingStore findings, HttpContext http, bool? resolved) =>
        Results.Json(new FindingList(await findings.ListAsync(resolved == true, http.RequestAborted)), ProtocolJson.Default.FindingList));
}
