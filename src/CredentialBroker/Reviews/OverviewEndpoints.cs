using CredentialBroker.Hosting;
using CredentialBroker.Protocol;

namespace CredentialBroker.Reviews;

/// <summary>How things stand, in one answer.</summary>
internal static class OverviewEndpoints
{
    public static void MapOverview(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/overview", async (HttpContext http, Overview overview) =>
        Results.Json(await overview.OfAsync(http.Operator().Scope.Within, http.RequestAborted), ProtocolJson.Default.OverviewView));
}
