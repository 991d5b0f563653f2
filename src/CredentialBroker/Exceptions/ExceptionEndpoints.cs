using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Storage;

namespace CredentialBroker.Exceptions;

/// <summary>Where rules are bent in the open: three kinds of record, one way to look at and end them.</summary>
internal static class ExceptionEndpoints
{
    public static void MapExceptions(this IEndpointRouteBuilder routes)
    {
        MapSeconded(routes, RecordKind.Exception, ProtocolJson.Default.ExceptionRequest, ExceptionDraft.Of);
        MapSeconded(routes, RecordKind.RiskAcceptance, ProtocolJson.Default.RiskAcceptanceRequest, ExceptionDraft.Of);
        MapReads(routes, RecordKind.BreakGlass);
        routes.MapPost("/v1/breakglass", async (HttpContext http, BreakGlassDesk desk) =>
            Answer(http, await desk.OpenAsync(await ReadAsync(http, ProtocolJson.Default.BreakGlassRequest), http.Operator(), http.RequestAborted), 201));
        routes.MapPost("/v1/breakglass/{id}/review", async (string id, HttpContext http, BreakGlassDesk desk) =>
            Answer(http, await desk.ReviewAsync(id, await ReadAsync(http, ProtocolJson.Default.ReviewRequest), http.Operator(), http.RequestAborted)));
        routes.MapDelete("/v1/breakglass/{id}", async (string id, HttpContext http, BreakGlassDesk desk, string? reason) =>
            Answer(http, await desk.EndAsync(id, http.Operator(), Reason(reason), http.RequestAborted)));
    }

    /// <summary>Kinds that stand once another person approved them.</summary>
    private static void MapSeconded<T>(IEndpointRouteBuilder routes, RecordKind kind, JsonTypeInfo<T> body, Func<T, ExceptionDraft> draft)
    {
        var path = RecordWords.Of(kind).Path;
        MapReads(routes, kind);
        routes.MapPost(path, async (HttpContext http, ExceptionDesk desk) =>
            Answer(http, await desk.RequestAsync(draft(await ReadAsync(http, body)), http.Operator(), http.RequestAborted), 201));
        routes.MapPost(path + "/{id}/approve", async (string id, HttpContext http, ExceptionDesk desk) =>
            Answer(http, await desk.ApproveAsync(kind, id, http.Operator(), http.RequestAborted)));
        routes.MapDelete(path + "/{id}", async (string id, HttpContext http, ExceptionDesk desk, string? reason) =>
            Answer(http, await desk.EndAsync(kind, id, http.Operator(), Reason(reason), http.RequestAborted)));
    }

    private static void MapReads(IEndpointRouteBuilder routes, RecordKind kind)
    {
        var path = RecordWords.Of(kind).Path;
        routes.MapGet(path, async (HttpContext http, ExceptionStore records) =>
            Results.Json(new ExceptionList([.. (await records.ListAsync(kind, http.RequestAborted)).Select(r => View(http, r))]), ProtocolJson.Default.ExceptionList));
        routes.MapGet(path + "/{id}", async (string id, HttpContext http, ExceptionStore records) =>
            Answer(http, await records.GetAsync(kind, id, http.RequestAborted) is { } found ? new DeskAnswer.Done(found) : ExceptionDesk.Unknown(kind, id)));
    }

    private static async Task<T> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
    {
        Bodies.Require(http.Request, "application/json");
        return Bodies.Parse(await Bodies.ReadAsync(http.Request, 16 * 1024, http.RequestAborted), type);
    }

    private static string? Reason(string? reason) => reason is null || ExceptionDraft.IsLine(reason, 512)
        ? reason
        : throw new BadHttpRequestException("reason: 1 to 512 printable characters");

    private static IResult Answer(HttpContext http, DeskAnswer answer, int status = 200) => answer switch
    {
        DeskAnswer.Done done => Results.Json(View(http, done.Record), ProtocolJson.Default.ExceptionView, statusCode: status),
        DeskAnswer.Refused refused => Problems.Of(refused.Code, refused.Detail, mistakes: refused.Mistakes),
        _ => throw new InvalidOperationException("a request about a record has two outcomes"),
    };

    private static ExceptionView View(HttpContext http, ExceptionRecord record) => ExceptionViews.Of(
        record, http.RequestServices.GetRequiredService<TimeProvider>().NowMs(), http.RequestServices.GetRequiredService<ExceptionOptions>().BreakGlass.ReviewWithin);
}
