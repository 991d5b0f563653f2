using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Storage;

namespace CredentialBroker.Incidents;

/// <summary>A responder's explicit act: every session of one role, of leases and of anybody else.</summary>
internal static class CutOffEndpoints
{
    public static void MapCutOffs(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/targets/aws/{target}/cutoff", CutOffAsync);

    private static async Task<IResult> CutOffAsync(string target, HttpContext http, CutOffs cutOffs, TimeProvider clock)
    {
        Bodies.Require(http.Request, "application/json");
        var request = Bodies.Parse(await Bodies.ReadAsync(http.Request, 16 * 1024, http.RequestAborted), ProtocolJson.Default.CutOffRequest);
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > 512) return Problems.Of(ReasonCodes.Invalid, "say why in 1 to 512 characters: reason");
        if (cutOffs.WhyNot(target, request.Role) is { } why) return Problems.Of(ReasonCodes.NotFound, why);
        var now = clock.NowMs();
        // Whole seconds: so does AWS write when a session was issued, and whatever is of this very second is spared.
        var before = (request.Before?.ToUnixTimeMilliseconds() ?? now) / 1000 * 1000;
        if (before > now) return Problems.Of(ReasonCodes.Invalid, "before is in the future: who comes meanwhile is stopped by a freeze");
        if (before <= now - (long)CutOffs.LongestSession.TotalMilliseconds) return Problems.Of(ReasonCodes.Invalid, "before is longer ago than any session lives");
        var view = request.DryRun
            ? await cutOffs.PreviewAsync(target, request.Role, before, http.RequestAborted)
            : await cutOffs.RunAsync(target, request.Role, before, request.Reason, http.Operator().Name);
        return Results.Json(view, ProtocolJson.Default.CutOffView);
    }
}
