using CredentialBroker.Protocol;
using CredentialBroker.WebConsole.Frame;
using CredentialBroker.WebConsole.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;

namespace CredentialBroker.WebConsole.SignIn;

/// <summary>What becomes of an issuer's answer: its token is shown to the API, which alone says whose it is.</summary>
internal static class SignedIn
{
    private sealed record Brought(string? Token);

    /// <param name="which">The member of the token answer that the API takes.</param>
    public static Task KeepAsync(OAuthCreatingTicketContext context, string which)
    {
        var token = context.TokenResponse.Response is { } answer && answer.RootElement.TryGetProperty(which, out var value) ? value.GetString() : null;
        context.HttpContext.Features.Set(new Brought(token));
        return Task.CompletedTask;
    }

    public static async Task FinishAsync(TicketReceivedContext context)
    {
        context.HandleResponse();
        var http = context.HttpContext;
        if (http.Features.Get<Brought>() is not { Token: { } token })
        {
            await SignInPages.ShowAsync(http, context.ReturnUri, "The issuer's answer lacks the token that the console is configured to use.", 502);
            return;
        }

        await SignInPages.BeginAsync(http, token, context.ReturnUri, fromElsewhere: true);
    }

    public static Task FailedAsync(RemoteFailureContext context)
    {
        context.HandleResponse();
        // What an issuer says in words, or whoever sent the browser here, is not repeated.
        return SignInPages.ShowAsync(context.HttpContext, context.Properties?.RedirectUri, "Signing in did not come to an end: it was refused, took too long, or was begun in another browser.", 400);
    }
}
