using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;

namespace CredentialBroker.Controls;

/// <summary>Stopping and letting go.</summary>
internal static class ControlEndpoints
{
    /// <summary>Dimensions that a claim does not have yet.</summary>
    private static readonly string[] OfLeases = ["lease", "state", "decision", "cause", "issued", "ends", "dies"];

    public static bool IsOfLeases(string dimension) => OfLeases.Contains(dimension);

    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(24);

    public static void MapControls(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/freezes", async (ControlStore controls, HttpContext http) =>
            List((await controls.ReadAsync(http.RequestAborted)).Freezes.Where(f => http.Operator().Scope.Touches(f.Selector)).Select(f => View(f.Id, f.SelectorText, f.Reason, f.By, f.At, f.ExpiresAt))));
        routes.MapGet("/v1/holds", async (ControlStore controls, HttpContext http) =>
            List((await controls.ReadAsync(http.RequestAborted)).Holds.Where(h => http.Operator().Scope.Touches(h.Selector)).Select(h => View(h.Id, h.SelectorText, h.Reason, h.By, h.At, h.ExpiresAt))));
        routes.MapPost("/v1/freezes", FreezeAsync);
        routes.MapPost("/v1/holds", HoldAsync);
        routes.MapDelete("/v1/freezes/{id}", async (string id, ControlStore controls, HttpContext http) =>
        {
            if (!Ids.IsWellFormed(id)) return Problems.Of(ReasonCodes.NotFound, "no such freeze");
            var freeze = (await controls.ReadAsync(http.RequestAborted)).Freezes.FirstOrDefault(f => f.Id == id);
            if (RefuseLift(http, freeze?.Selector) is { } refusal) return refusal;
            await controls.LiftFreezeAsync(id, By(http));
            return Results.NoContent();
        });
        routes.MapDelete("/v1/holds/{id}", async (string id, ControlStore controls, HttpContext http) =>
        {
            if (!Ids.IsWellFormed(id)) return Problems.Of(ReasonCodes.NotFound, "no such hold");
            var hold = (await controls.ReadAsync(http.RequestAborted)).Holds.FirstOrDefault(h => h.Id == id);
            if (RefuseLift(http, hold?.Selector) is { } refusal) return refusal;
            await controls.LiftHoldAsync(id, By(http));
            return Results.NoContent();
        });
    }

    private static async Task<IResult> FreezeAsync(HttpContext http, ControlStore controls, TimeProvider clock)
    {
        var (request, refusal) = await ReadAsync(http);
        if (refusal is not null) return refusal;
        if (Selector.TryParse(request.Selector, out var selector, out _) && selector.Terms.FirstOrDefault(t => OfLeases.Contains(t.Key)) is { } term)
        {
            return Problems.Of(ReasonCodes.Invalid, $"selector, position {term.Position}: '{term.Key}' is known only of a lease, so that this freeze would stop nothing");
        }

        long? until = request.For is null ? null : clock.NowMs() + (long)Durations.Parse(request.For).TotalMilliseconds;
        var freeze = await controls.FreezeAsync(request.Selector, request.Reason, By(http), until);
        return Results.Json(View(freeze.Id, freeze.SelectorText, freeze.Reason, freeze.By, freeze.At, freeze.ExpiresAt), ProtocolJson.Default.ControlView, statusCode: 201);
    }

    private static async Task<IResult> HoldAsync(HttpContext http, ControlStore controls, TimeProvider clock)
    {
        var (request, refusal) = await ReadAsync(http);
        if (refusal is not null) return refusal;
        var length = request.For is null ? TimeSpan.FromHours(1) : Durations.Parse(request.For);
        if (length > LongestHold) return Problems.Of(ReasonCodes.Invalid, "a hold lasts at most 24h: credentials live on meanwhile");
        var hold = await controls.HoldAsync(request.Selector, request.Reason, By(http), clock.NowMs() + (long)length.TotalMilliseconds);
        return Results.Json(View(hold.Id, hold.SelectorText, hold.Reason, hold.By, hold.At, hold.ExpiresAt), ProtocolJson.Default.ControlView, statusCode: 201);
    }

    private static async Task<(ControlRequest Request, IResult? Refusal)> ReadAsync(HttpContext http)
    {
        Bodies.Require(http.Request, "application/json");
        var request = Bodies.Parse(await Bodies.ReadAsync(http.Request, 16 * 1024, http.RequestAborted), ProtocolJson.Default.ControlRequest);
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > 512) return (request, Problems.Of(ReasonCodes.Invalid, "say why in 1 to 512 characters: reason"));
        if (request.For is not null && (!Durations.TryParse(request.For, out var length) || length <= TimeSpan.Zero))
        {
            return (request, Problems.Of(ReasonCodes.Invalid, "for is no duration such as 30m or 2h"));
        }

        if (!ControlStore.TryRead(request.Selector, out var asked, out var error)) return (request, Problems.Of(ReasonCodes.Invalid, $"selector, position {error!.Position}: {error.Message}"));
        var scope = http.Operator().Scope;
        if (!scope.IsNarrow) return (request, null);
        return scope.Narrow(asked!, out var outside) is { } narrowed ? (request with { Selector = narrowed.ToString() }, null) : (request, outside);
    }

    /// <summary>Lifting reaches all that the control stopped, so that it takes somebody who reaches that; of one that is gone nothing is left to lift.</summary>
    private static IResult? RefuseLift(HttpContext http, Selector? control) =>
        control is null || http.Operator().Scope.Holds(control) ? null : http.Operator().Scope.Refuse("this control");

    private static string By(HttpContext http) => http.Operator().Name;

    private static IResult List(IEnumerable<ControlView> items) => Results.Json(new ControlList([.. items]), ProtocolJson.Default.ControlList);

    private static ControlView View(string id, string selector, string reason, string by, long at, long? expires) => new(
        id, selector, reason, by, DateTimeOffset.FromUnixTimeMilliseconds(at), expires is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null);
}
