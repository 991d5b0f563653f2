using CredentialBroker.Audit.Exports;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Storage;

namespace CredentialBroker.Leases;

/// <summary>
/// Live says that the process answers; ready says that it reaches its store, and so may issue. A target that is down
/// makes nobody unready: the leases of all the others still have to be made and ended.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz/live", () => Results.Text("live\n"));
        routes.MapGet("/healthz/ready", async (HttpContext http, Store store, LeaseTally tally, AuditExports exports, IEnumerable<IHealthSource> sources) =>
        {
            var problem = await FaultAsync(store, http.RequestAborted);
            var view = new HealthView(problem is null ? "ready" : "unavailable");
            if (http.Features.Get<Operator>() is not null) view = Told(view, problem, tally.Last, sources) with { ExportLag = exports.Lanes.Select(lane => lane.Lag).DefaultIfEmpty().Max() };
            return Results.Json(view, ProtocolJson.Default.HealthView, statusCode: problem is null ? 200 : 503);
        });
    }

    /// <summary>What keeps the store from answering; null when it does.</summary>
    private static async Task<string?> FaultAsync(Store store, CancellationToken cancel)
    {
        try
        {
            await store.ReadAsync(Pool.Control, new Statement(store.Dialect.ReadClock), cancel);
            return null;
        }
        catch (Exception error) when (Problems.OfFault(error) is not null)
        {
            return error.GetType().Name;
        }
    }

    private static HealthView Told(HealthView view, string? problem, LeaseTally.Sample sample, IEnumerable<IHealthSource> sources) => view with
    {
        Leases = sample.Live,
        CountedAt = sample.CountedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
        Overdue = sample.Overdue,
        Stuck = sample.Stuck,
        OldestDue = sample.OldestDueMs / 1000,
        Parts = [new HealthPart("store", "store", problem is null ? "up" : "down", problem), .. sources.SelectMany(s => s.Parts())],
    };
}
