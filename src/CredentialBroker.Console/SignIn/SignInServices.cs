using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.Extensions.Options;

namespace CredentialBroker.WebConsole.SignIn;

/// <summary>Signing in at issuers by the framework's handler of authorization codes; it is asked by routes of its own, never for the API.</summary>
internal static class SignInServices
{
    public const string Back = "/console/signed-in";

    private const int LargestAnswer = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void AddSignIn(this IServiceCollection services, ConsoleOptions options)
    {
        services.AddWebEncoders();
        services.AddSingleton<IPostConfigureOptions<OAuthOptions>, OAuthPostConfigureOptions<OAuthOptions, OAuthHandler<OAuthOptions>>>();
        foreach (var (name, issuer) in options.SignIn) services.AddOptions<OAuthOptions>(name).Configure<TimeProvider>((oauth, clock) => Set(oauth, name, issuer, clock));
    }

    /// <summary>The framework's handler for one request; there is no scheme that a host would look for in every request.</summary>
    public static async Task<OAuthHandler<OAuthOptions>> HandlerAsync(HttpContext http, string name)
    {
        var handler = ActivatorUtilities.CreateInstance<OAuthHandler<OAuthOptions>>(http.RequestServices);
        await handler.InitializeAsync(new AuthenticationScheme(name, null, typeof(OAuthHandler<OAuthOptions>)), http);
        return handler;
    }

    private static void Set(OAuthOptions oauth, string name, ConsoleSignInOptions issuer, TimeProvider clock)
    {
        oauth.TimeProvider = clock;
        oauth.ClientId = issuer.ClientId;
        oauth.ClientSecret = File.ReadAllText(issuer.ClientSecretFile, Encoding.UTF8).Trim();
        oauth.AuthorizationEndpoint = issuer.AuthorizationEndpoint;
        oauth.TokenEndpoint = issuer.TokenEndpoint;
        oauth.CallbackPath = $"{Back}/{name}";
        oauth.UsePkce = true;
        oauth.Scope.Clear();
        foreach (var scope in issuer.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries)) oauth.Scope.Add(scope);
        // The browser comes back from elsewhere with it; it says nothing of who is signed in.
        oauth.CorrelationCookie.Name = "credbroker-sign-in.";
        oauth.CorrelationCookie.SameSite = SameSiteMode.Lax;
        oauth.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        oauth.RemoteAuthenticationTimeout = TimeSpan.FromMinutes(10);
        oauth.Backchannel = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = !new Uri(issuer.TokenEndpoint).IsLoopback })
        {
            Timeout = Patience, MaxResponseContentBufferSize = LargestAnswer,
        };
        oauth.Events.OnCreatingTicket = context => SignedIn.KeepAsync(context, issuer.Token);
        oauth.Events.OnTicketReceived = SignedIn.FinishAsync;
        oauth.Events.OnRemoteFailure = SignedIn.FailedAsync;
    }
}
