using CredentialBroker.Audit.Exports;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Storage;

namespace CredentialBroker.Leases;

/// <summary>Live says that the process answers; ready says that it can record, and so may issue.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz/live", () => Results.Text("live\n"));
        routes.MapGet("/healthz/ready", async (HttpContext http, LeaseStore leases, AuditExports exports, TimeProvider clock) =>
        {
            try
            {
                var (live, overdue, stuck) = await leases.CountAsync(clock.NowMs(), http.RequestAborted);
                return Results.Json(new HealthView("ready", live, overdue, stuck, exports.Lanes.Select(lane => lane.Lag).DefaultIfEmpty().Max()), ProtocolJson.Default.HealthView);
            }
            catch (Exception error) when (Problems.OfFault(error) is not null)
            {
                return Results.Json(new HealthView("unavailable", null, null, null), ProtocolJson.Default.HealthView, statusCode: 503);
            }
        });
    }
}
