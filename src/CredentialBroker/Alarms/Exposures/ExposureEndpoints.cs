using System.Security.Cryptography;
using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Alarms;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Alarms;

/// <summary>Where a credential is reported that was found where it must not be.</summary>
internal static class ExposureEndpoints
{
    /// <summary>A build log may be long; what of it matters is found wherever it stands.</summary>
    private const int BodyLimit = 1024 * 1024;

    public static void MapExposures(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/exposures", ReportAsync);
        routes.MapGet("/v1/exposures", async (ExposureStore exposures, HttpContext http) =>
        {
            var all = (await exposures.ListAsync(http.RequestAborted)).Where(one => Sees(http, one)).Select(ExposureStore.View).ToList();
            var took = all.Select(one => one.DeadAfterMs).OfType<long>().ToList();
            return Results.Json(new ExposureList(all, took.Count == 0 ? null : (long)took.Average()), ProtocolJson.Default.ExposureList);
        });
        routes.MapGet("/v1/exposures/{id}", async (string id, ExposureStore exposures, HttpContext http) =>
            Ids.IsWellFormed(id) && await exposures.FindAsync(id, http.RequestAborted) is { } found && Sees(http, found)
                ? Results.Json(ExposureStore.View(found), ProtocolJson.Default.ExposureView)
                : Problems.Of(ReasonCodes.NotFound, "no such exposure"));
    }

    private static async Task<IResult> ReportAsync(HttpContext http, ExposureDesk desk)
    {
        Bodies.Require(http.Request, "application/json");
        var body = await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted);
        ExposureRequest request;
        try
        {
            request = Bodies.Parse(body, ProtocolJson.Default.ExposureRequest);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }

        if (Read(request, http.Operator(), out var refusal) is not { } report) return refusal!;
        var (exposure, late) = await desk.TakeAsync(report, [], http.RequestAborted);
        return exposure is null ? Problems.Of(late!.Code, late.Detail) : Results.Json(ExposureStore.View(exposure), ProtocolJson.Default.ExposureView, statusCode: 202);
    }

    private static Report? Read(ExposureRequest request, Operator caller, out IResult? refusal)
    {
        refusal = null;
        if (new object?[] { request.Lease, request.Secret, request.Selector }.Count(way => way is not null) != 1) return Refuse("name one of lease, secret and selector", out refusal);
        // Who only reports shows what was found; who names leases by other means revokes them, which takes a responder.
        if (request.Secret is null && !caller.Roles.Any(held => held.Role is Role.Responder or Role.Admin))
        {
            refusal = Problems.Of(ReasonCodes.OperatorForbidden, "with your role, show the secret that was found");
            return null;
        }

        if (!IsLine(request.Reason)) return Refuse("reason: say why in 1 to 512 characters", out refusal);
        if (request.FoundIn is not null && !IsLine(request.FoundIn)) return Refuse("foundIn: 1 to 512 characters", out refusal);
        if (request.Lease is not null && !Ids.IsWellFormed(request.Lease)) return Refuse("lease: no lease has an id of this form", out refusal);
        var secret = request.Secret is null ? null : FoundSecret.Of(request.Secret, BodyLimit);
        if (secret is { IsRead: false }) return Refuse("secret: is empty", out refusal);
        Selector? about = null;
        if (request.Selector is not null && !ControlStore.TryRead(request.Selector, out about, out var error)) return Refuse($"selector, position {error!.Position}: {error.Message}", out refusal);
        var within = caller.Scope.Narrow(about ?? new Selector([]), out refusal);
        return within is null ? null : new Report(request.Lease, secret, about, request.Reason, request.FoundIn, caller.Name, within);
    }

    private static bool IsLine(string text) => text.Length is > 0 and <= 512 && Approvals.Text.IsPlain(text) && !string.IsNullOrWhiteSpace(text);

    private static bool Sees(HttpContext http, Exposure one) =>
        !http.Operator().Scope.IsNarrow || (one.About is not null && ControlStore.TryRead(one.About, out var about, out _) && http.Operator().Scope.Holds(about!));

    private static Report? Refuse(string detail, out IResult? refusal)
    {
        refusal = Problems.Of(ReasonCodes.Invalid, detail);
        return null;
    }
}
