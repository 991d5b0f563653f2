using CredentialBroker.Protocol;
using CredentialBroker.WebConsole.Frame;
using CredentialBroker.WebConsole.Sessions;
using Microsoft.AspNetCore.Authentication;

namespace CredentialBroker.WebConsole.SignIn;

/// <summary>The only pages for somebody who is not signed in.</summary>
internal static class SignInPages
{
    private const string Home = "/console";

    /// <summary>Longer than any token that fits a header.</summary>
    private const int LongestToken = 16 * 1024;

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/console/sign-in", (HttpContext http) => ShowAsync(http, http.Request.Query.Text("to"), null, 200)).ExcludeFromDescription();
        routes.MapPost("/console/sign-in", ByTokenAsync).ExcludeFromDescription();
        routes.MapGet("/console/sign-in/{name}", AwayAsync).ExcludeFromDescription();
        routes.MapGet(SignInServices.Back + "/{name}", BackAsync).ExcludeFromDescription();
        routes.MapAct("/console/sign-out", visit =>
        {
            visit.Http.RequestServices.GetRequiredService<SessionTable>().Remove(SessionCookie.Of(visit.Http.Request));
            SessionCookie.Clear(visit.Http);
            return Task.FromResult(visit.GoTo("/console/sign-in"));
        });
    }

    public static Task ShowAsync(HttpContext http, string? to, string? why, int status)
    {
        SafeHeaders.Set(http.Response);
        http.Response.StatusCode = status;
        var names = http.RequestServices.GetRequiredService<ConsoleOptions>().SignIn.Keys;
        return Pages.Render<SignInPage>(Pages.FrameOf(http, "Sign in", null), ("To", Local(to)), ("Why", why), ("Issuers", names.ToList())).ExecuteAsync(http);
    }

    /// <summary>Has the API say whose token it is, and remembers both.</summary>
    /// <param name="fromElsewhere">Whether another site sent the browser: then it does not send our cookie with a mere redirect.</param>
    public static async Task BeginAsync(HttpContext http, string token, string? to, bool fromElsewhere)
    {
        SafeHeaders.Set(http.Response);
        try
        {
            var who = await Pages.Api(http, token).WhoAmIAsync(http.RequestAborted);
            var sessions = http.RequestServices.GetRequiredService<SessionTable>();
            // Whoever signs in anew gives the old name up, and never goes on under one that was there before.
            sessions.Remove(SessionCookie.Of(http.Request));
            SessionCookie.Set(http, sessions.Add(token, who));
        }
        catch (BrokerException refusal)
        {
            await ShowAsync(http, to, refusal.Problem?.Detail ?? refusal.Message, (int)refusal.Status);
            return;
        }

        if (fromElsewhere) await Pages.Render<OnwardsPage>(Pages.FrameOf(http, "Signed in", null) with { Onwards = Local(to) }).ExecuteAsync(http);
        else http.Response.Redirect(Local(to));
    }

    private static async Task ByTokenAsync(HttpContext http)
    {
        SafeHeaders.Set(http.Response);
        if (!await Forms.IsOursAsync(http))
        {
            await ShowAsync(http, null, "The form was too old, or from elsewhere. Send it again.", 400);
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (form.Text("token") is not { Length: <= LongestToken } token || token.Any(c => c is <= ' ' or > '~')) await ShowAsync(http, form.Text("to"), "That is no token: one word without blanks.", 400);
        else await BeginAsync(http, token, form.Text("to"), fromElsewhere: false);
    }

    private static async Task AwayAsync(string name, HttpContext http)
    {
        SafeHeaders.Set(http.Response);
        if (http.RequestServices.GetRequiredService<ConsoleOptions>().SignIn.ContainsKey(name)) await (await SignInServices.HandlerAsync(http, name)).ChallengeAsync(new AuthenticationProperties { RedirectUri = Local(http.Request.Query.Text("to")) });
        else await ShowAsync(http, null, "There is no such way to sign in.", 404);
    }

    private static async Task BackAsync(string name, HttpContext http)
    {
        SafeHeaders.Set(http.Response);
        if (!http.RequestServices.GetRequiredService<ConsoleOptions>().SignIn.ContainsKey(name) || !await (await SignInServices.HandlerAsync(http, name)).HandleRequestAsync()) await ShowAsync(http, null, "There is no such way to sign in.", 404);
    }

    /// <summary>A page of the console; anything else is its first.</summary>
    private static string Local(string? to) => to is { Length: < 2048 } && (to == Home || to.StartsWith(Home + "/", StringComparison.Ordinal) || to.StartsWith(Home + "?", StringComparison.Ordinal))
        && !to.Contains('\\', StringComparison.Ordinal) && !to.Any(char.IsControl) && !to.StartsWith(Home + "/sign", StringComparison.Ordinal) ? to : Home;
}
