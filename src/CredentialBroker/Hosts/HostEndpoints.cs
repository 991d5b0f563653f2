using CredentialBroker.Approvals.Intake;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Storage;

namespace CredentialBroker.Hosts;

/// <summary>Where hosts' nodes tell, and where operators look.</summary>
internal static class HostEndpoints
{
    private const int BodyLimit = 256 * 1024;

    public static void MapHosts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/hosts/{source}/records", async (string source, HttpContext http, HostIntake intake) =>
        {
            var body = await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted);
            var (receipt, refusal) = await intake.TakeAsync(source, new Delivery(http.Request.ContentType, http.Request.Headers, body, http.Connection.ClientCertificate), http.RequestAborted);
            return receipt is null ? Problems.Of(refusal!.Code, refusal.Detail) : Results.Json(receipt, ProtocolJson.Default.HostReceipt, statusCode: 202);
        });
        routes.MapGet("/v1/hosts", async (HttpContext http, HostsOptions options, HostStore hosts, TimeProvider clock) =>
        {
            var known = (await hosts.ListAsync(http.RequestAborted)).ToDictionary(row => row.Source, StringComparer.Ordinal);
            return Results.Json(new HostList([.. options.Sources.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => View(one.Key, one.Value, known.GetValueOrDefault(one.Key), clock.NowMs()))]), ProtocolJson.Default.HostList);
        });
        routes.MapGet("/v1/hosts/{host}/exposure", async (string host, HttpContext http, HostsOptions options, HostStore hosts) =>
        {
            if (!options.Sources.ContainsKey(host)) return Problems.Of(ReasonCodes.NotFound, "no such host");
            var uses = await hosts.UsesAsync(host, http.RequestAborted);
            return Results.Json(new HostExposureView(host, uses.Select(use => (use.Caller, use.Uri)).Distinct().Count(), uses.Where(use => use.Caller == "anonymous").Sum(use => use.Count), uses), ProtocolJson.Default.HostExposureView);
        });
    }

    private static HostView View(string name, HostOptions host, HostRow? row, long now)
    {
        var unfit = HostGuard.Unfit(host, row, now);
        return row is null
            ? new HostView(name, "unheard", Silent: true, Accepted: false)
            : new HostView(name, row.Trust, unfit == ReasonCodes.HostSilent, unfit is null, row.Version, row.Reason, row.Exception, At(row.Until), At(row.HeardAt));
    }

    private static DateTimeOffset? At(long? ms) => ms is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
}
