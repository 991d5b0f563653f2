using System.Text.Json;
using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Incidents;

/// <summary>The responder's door: preview, revoke in bulk, confirm, watch, call off.</summary>
internal static class IncidentEndpoints
{
    private const int BodyLimit = 16 * 1024;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    public static void MapIncidents(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/revocations", OpenAsync);
        routes.MapGet("/v1/revocations", async (IncidentStore incidents, IncidentViews views, HttpContext http) =>
        {
            var seen = (await incidents.ListAsync(http.RequestAborted)).Where(incident => Sees(http, incident));
            return Results.Json(new RevocationList(await views.OfAsync(seen, http.RequestAborted)), ProtocolJson.Default.RevocationList);
        });
        routes.MapGet("/v1/revocations/{id}", async (string id, IncidentStore incidents, IncidentViews views, HttpContext http) => await FindAsync(id, incidents, http) is { } incident
            ? Results.Json(await views.OfAsync(incident, withFailures: true, http.RequestAborted), ProtocolJson.Default.RevocationView)
            : NotFound());
        routes.MapGet("/v1/revocations/{id}/events", WatchAsync);
        routes.MapGet("/v1/revocations/{id}/report", ReportAsync);
        routes.MapPost("/v1/revocations/{id}/confirm", ConfirmAsync);
        routes.MapDelete("/v1/revocations/{id}", async (string id, IncidentStore incidents, Responses responses, IncidentViews views, HttpContext http) =>
        {
            if (await FindAsync(id, incidents, http) is not { } incident) return NotFound();
            return Reaches(http, incident) is { } outside ? outside : await AnswerAsync(await responses.CancelAsync(incident, http.Operator(), http.RequestAborted), views, http);
        });
    }

    private static async Task<IResult> OpenAsync(HttpContext http, Preview preview, Responses responses, IncidentViews views)
    {
        Bodies.Require(http.Request, "application/json");
        var request = Bodies.Parse(await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted), ProtocolJson.Default.RevocationRequest);
        if (!ControlStore.TryRead(request.Selector, out var asked, out var error)) return Problems.Of(ReasonCodes.Invalid, $"selector, position {error!.Position}: {error.Message}");
        var scope = http.Operator().Scope;
        if (scope.Narrow(asked!, out var outside) is not { } selector) return outside!;
        var text = scope.IsNarrow ? selector.ToString() : request.Selector;
        if (request.DryRun) return Results.Json(await preview.OfAsync(text, selector, http.RequestAborted), ProtocolJson.Default.PreviewView);
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > 512) return Problems.Of(ReasonCodes.Invalid, "say why in 1 to 512 characters: reason");
        if (request.Freeze && asked!.Terms.FirstOrDefault(term => ControlEndpoints.IsOfLeases(term.Key)) is { } term)
            return Problems.Of(ReasonCodes.Invalid, $"selector, position {term.Position}: '{term.Key}' is known only of a lease, so that a freeze by it would stop nothing");
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length is 0 or > 255 || key.Any(c => c is < '!' or > '~')) return Problems.Of(ReasonCodes.Invalid, "Idempotency-Key: 1 to 255 visible ASCII characters, so that asking twice revokes once");
        return await AnswerAsync(await responses.OpenAsync(request, selector, text, key, http.Operator(), http.RequestAborted), views, http);
    }

    private static async Task<IResult> ConfirmAsync(string id, HttpContext http, IncidentStore incidents, Responses responses, IncidentViews views, SecondPerson persons)
    {
        if (await FindAsync(id, incidents, http) is not { } incident) return NotFound();
        if (Reaches(http, incident) is { } outside) return outside;
        Bodies.Require(http.Request, "application/json");
        var request = Bodies.Parse(await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted), ProtocolJson.Default.ConfirmRequest);
        return await AnswerAsync(await responses.ConfirmAsync(incident, request.Token, http.Operator(), persons, http.RequestAborted), views, http);
    }

    /// <summary>Server-sent events: the revocation as it stands, twice a second, until it is over.</summary>
    private static async Task WatchAsync(string id, HttpContext http, IncidentStore incidents, IncidentViews views, TimeProvider clock)
    {
        if (await FindAsync(id, incidents, http) is null)
        {
            await NotFound().ExecuteAsync(http);
            return;
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        for (var over = false; !over; await Task.Delay(Tick, clock, http.RequestAborted))
        {
            var incident = (await incidents.FindAsync(id, http.RequestAborted))!;
            over = incident.FinishedAt is not null;
            var view = await views.OfAsync(incident, withFailures: over, http.RequestAborted);
            await http.Response.WriteAsync($"event: {(over ? "end" : "progress")}\ndata: {JsonSerializer.Serialize(view, ProtocolJson.Default.RevocationView)}\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            if (over) return;
        }
    }

    /// <summary>JSON, or Markdown for whoever asks for it.</summary>
    private static async Task<IResult> ReportAsync(string id, HttpContext http, IncidentStore incidents, IncidentReports reports)
    {
        if (await FindAsync(id, incidents, http) is not { } incident) return NotFound();
        if (Reaches(http, incident) is { } outside) return outside;
        var report = await reports.OfAsync(incident, http.RequestAborted);
        return http.Request.Headers.Accept.ToString().Contains("text/markdown", StringComparison.OrdinalIgnoreCase)
            ? Results.Text(ReportMarkdown.Write(report), "text/markdown; charset=utf-8")
            : Results.Json(report, ProtocolJson.Default.IncidentReport);
    }

    private static async Task<Incident?> FindAsync(string id, IncidentStore incidents, HttpContext http) =>
        Ids.IsWellFormed(id) && await incidents.FindAsync(id, http.RequestAborted) is { } incident && Sees(http, incident) ? incident : null;

    private static bool Sees(HttpContext http, Incident incident) => ControlStore.TryRead(incident.Selector, out var selector, out _) && http.Operator().Scope.Touches(selector!);

    private static IResult? Reaches(HttpContext http, Incident incident) =>
        ControlStore.TryRead(incident.Selector, out var selector, out _) && http.Operator().Scope.Holds(selector!) ? null : http.Operator().Scope.Refuse("all of this revocation");

    private static async Task<IResult> AnswerAsync(Responses.Outcome outcome, IncidentViews views, HttpContext http) => outcome switch
    {
        Responses.Outcome.Is { Incident: var incident, Replayed: var replayed } =>
            Results.Json(await views.OfAsync(incident, withFailures: true, http.RequestAborted), ProtocolJson.Default.RevocationView, statusCode: replayed ? 200 : 202),
        Responses.Outcome.Refused refused => Problems.Of(refused.Code, refused.Detail),
        _ => throw new InvalidOperationException("a response has two outcomes"),
    };

    private static IResult NotFound() => Problems.Of(ReasonCodes.NotFound, "no such revocation");
}
