using System.Globalization;
using System.Text.Json.Nodes;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;

namespace CredentialBroker.Admission;

/// <summary>Where a cluster's API server asks. Proven first; then a bounded body, whole and strictly read; then an answer in its own form.</summary>
internal static class AdmissionEndpoints
{
    /// <summary>The API server takes objects of 3 MiB, and an update holds two of them.</summary>
    public const int BodyLimit = 8 * 1024 * 1024;

    private static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(3), LongestWait = TimeSpan.FromSeconds(30);

    public static void MapAdmission(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admission/{cluster}/mutate", (string cluster, HttpContext http, AdmissionGates gates, AdmissionDoor door, AdmissionDesk desk) => AnswerAsync(cluster, http, gates, door, desk, mutating: true));
        routes.MapPost("/admission/{cluster}/validate", (string cluster, HttpContext http, AdmissionGates gates, AdmissionDoor door, AdmissionDesk desk) => AnswerAsync(cluster, http, gates, door, desk, mutating: false));
    }

    /// <summary>The gate and what was sent to it, once its sender is proven; else the refusal.</summary>
    public static async Task<(AdmissionGate? Gate, byte[] Body, IResult? Refused)> TakeAsync(string cluster, HttpContext http, AdmissionGates gates, AdmissionDoor door)
    {
        if (gates.Find(cluster) is not { } gate) return (null, [], Problems.Of(ReasonCodes.NotFound, "no cluster of this name is gated here"));
        if (await door.RefuseAsync(gate, http, http.RequestAborted) is { } refused) return (null, [], Problems.Of(refused.Code, refused.Detail));
        Bodies.Require(http.Request, "application/json");
        Bodies.Allow(http, BodyLimit);
        return (gate, await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted), null);
    }

    private static async Task<IResult> AnswerAsync(string cluster, HttpContext http, AdmissionGates gates, AdmissionDoor door, AdmissionDesk desk, bool mutating)
    {
        var (gate, body, refused) = await TakeAsync(cluster, http, gates, door);
        if (gate is null) return refused!;
        if (AdmissionRequest.Read(body, out var fault) is not { } request) return Problems.Of(ReasonCodes.RequestMalformed, fault);
        var answer = await desk.AnswerAsync(gate, request, mutating, WaitOf(http.Request), http.RequestAborted);
        return Results.Text(answer.Json(request.Uid).ToJsonString(), "application/json");
    }

    /// <summary>The API server says how long it waits, as <c>?timeout=3s</c>.</summary>
    private static TimeSpan WaitOf(HttpRequest request) =>
        request.Query["timeout"] is [{ Length: > 1 and <= 4 } text] && text[^1] == 's' && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= 1
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestWait.TotalSeconds))
            : UsualWait;
}
