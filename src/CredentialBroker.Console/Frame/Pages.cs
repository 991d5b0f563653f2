using System.Net;
using System.Security.Claims;
using CredentialBroker.Protocol;
using CredentialBroker.WebConsole.Sessions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CredentialBroker.WebConsole.Frame;

/// <summary>What every route of the console goes through: who is signed in, whose form it is, and what a refusal of the API becomes.</summary>
internal static class Pages
{
    /// <summary>A page for whoever is signed in.</summary>
    public static void MapPage(this IEndpointRouteBuilder routes, string route, Func<Visit, Task<IResult>> show) =>
        routes.MapGet(route, (Delegate)((HttpContext http) => RunAsync(http, show))).ExcludeFromDescription();

    /// <summary>An act of whoever is signed in, sent by a form of a page of theirs.</summary>
    public static void MapAct(this IEndpointRouteBuilder routes, string route, Func<Visit, Task<IResult>> act) =>
        routes.MapPost(route, (Delegate)((HttpContext http) => RunAsync(http, async visit => await Forms.IsOursAsync(http)
            ? await act(visit)
            : Trouble(http, visit.Session, 400, "This form is not from a page of this sign-in", "Go back, load the page again, and send it once more. Nothing was done.")))).ExcludeFromDescription();

    public static PageFrame FrameOf(HttpContext http, string title, Session? session) => new()
    {
        Title = title,
        Session = session,
        FormToken = Forms.TokenFor(http),
        Theme = http.Request.Cookies["credbroker-theme"] is "light" or "dark" ? http.Request.Cookies["credbroker-theme"] : null,
        Now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(),
    };

    public static IResult Render<T>(PageFrame frame, params (string Name, object? Value)[] parameters) where T : IComponent
    {
        var all = parameters.ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        all["Frame"] = frame;
        return new RazorComponentResult<T>(all) { PreventStreamingRendering = true };
    }

    /// <summary>The API as a token sees it, by way of the broker's own door.</summary>
    public static BrokerClient Api(HttpContext http, string? token)
    {
        var client = new HttpClient(http.RequestServices.GetRequiredService<ApiTransport>()(http, http.RequestServices)) { BaseAddress = new Uri("http://broker.internal/") };
        http.Response.RegisterForDispose(client);
        return new BrokerClient(client, token);
    }

    public static IResult Trouble(HttpContext http, Session? session, int status, string title, string detail)
    {
        http.Response.StatusCode = status;
        return Render<TroublePage>(FrameOf(http, title, session), ("Detail", detail));
    }

    private static async Task<IResult> RunAsync(HttpContext http, Func<Visit, Task<IResult>> run)
    {
        SafeHeaders.Set(http.Response);
        var name = SessionCookie.Of(http.Request);
        var sessions = http.RequestServices.GetRequiredService<SessionTable>();
        if (sessions.Find(name, byPerson: !http.Request.Headers.ContainsKey("X-Refresh")) is not { } session) return SignedOut(http);
        // Forms are bound to this sign-in.
        http.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, SessionTable.Hash(name!))], "session"));
        try
        {
            return await run(new Visit(http, session, Api(http, session.Token)));
        }
        catch (BrokerException refusal) when (refusal.Status == HttpStatusCode.Unauthorized)
        {
            // The API takes the token no more, and it alone decides.
            sessions.Remove(name);
            SessionCookie.Clear(http);
            return SignedOut(http);
        }
        catch (BrokerException refusal)
        {
            var status = (int)refusal.Status >= 400 ? (int)refusal.Status : StatusCodes.Status502BadGateway;
            return Trouble(http, session, status, refusal.Problem?.Title is { } title ? Words.Sentence(title) : "The broker's answer was not understood", refusal.Problem?.Detail ?? refusal.Message);
        }
    }

    private static IResult SignedOut(HttpContext http) => Results.Redirect(HttpMethods.IsGet(http.Request.Method)
        ? $"/console/sign-in?to={Uri.EscapeDataString(http.Request.Path + http.Request.QueryString)}"
        : "/console/sign-in");
}
