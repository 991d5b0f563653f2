using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Cli.Tests.TestInfra;

/// <summary>
/// An authorization server to the letter of RFC 8414 (where its metadata is), RFC 8628 (codes, pace of polling), RFC 6749
/// section 6 (refresh tokens are turned over) and RFC 7009. What a client does wrong is remembered.
/// </summary>
internal sealed class StrictIssuer : IAsyncDisposable
{
    public const string ClientId = "credbroker";
    public const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

    private readonly ImpatientClock _clock;
    private readonly ConcurrentQueue<string> _answers = new();
    private WebApplication _app = null!;
    private DateTimeOffset _polled;
    private TimeSpan _interval = TimeSpan.FromSeconds(5);
    private string? _refreshToken;
    private int _tokens;

    private StrictIssuer(ImpatientClock clock) => _clock = clock;

    /// <summary>Its name, which has a path, so that a client that takes it for an origin fails.</summary>
    public string Name { get; private set; } = "";

    public string? CallsItself { get; set; }

    public bool OnlyOpenId { get; set; }

    public bool TurnsOver { get; set; } = true;

    public bool Revokes { get; set; } = true;

    /// <summary>Interval to tell; null tells none, which means five seconds.</summary>
    public int? Tells { get; set; } = 5;

    public string TokenType { get; set; } = "Bearer";

    public ConcurrentQueue<string> Breaches { get; } = new();

    public ConcurrentQueue<IFormCollection> DeviceRequests { get; } = new();

    public ConcurrentQueue<string> Revoked { get; } = new();

    public int Polls { get; private set; }

    public int Refreshes { get; private set; }

    public string AccessToken => string.Create(CultureInfo.InvariantCulture, $"access-{_tokens}");

    public static async Task<StrictIssuer> StartAsync(ImpatientClock clock)
    {
        var issuer = new StrictIssuer(clock);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        issuer._app = builder.Build();
        issuer._app.MapGet("/.well-known/oauth-authorization-server/realms/ops", () => issuer.OnlyOpenId ? Results.NotFound() : issuer.Metadata());
        issuer._app.MapGet("/realms/ops/.well-known/openid-configuration", () => issuer.Metadata());
        issuer._app.MapPost("/device", (Delegate)issuer.DeviceAsync);
        issuer._app.MapPost("/token", (Delegate)issuer.TokenAsync);
        issuer._app.MapPost("/revoke", (Delegate)issuer.RevokeAsync);
        await issuer._app.StartAsync();
        issuer.Name = issuer._app.Urls.Single() + "/realms/ops";
        return issuer;
    }

    /// <summary>What the polls are answered with, one after another: an error, <c>break</c> to cut the connection, or <c>yes</c>.</summary>
    public void Answer(params string[] answers)
    {
        foreach (var answer in answers) _answers.Enqueue(answer);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private string At(string path) => Name[..^"/realms/ops".Length] + path;

    private IResult Metadata() => Results.Json(new Dictionary<string, object?>
    {
        ["issuer"] = CallsItself ?? Name, ["token_endpoint"] = At("/token"), ["device_authorization_endpoint"] = At("/device"), ["revocation_endpoint"] = At("/revoke"),
        ["response_types_supported"] = Array.Empty<string>(), ["grant_types_supported"] = new[] { DeviceGrant, "refresh_token" },
    });

    private async Task<IResult> DeviceAsync(HttpContext http)
    {
        var form = await FormAsync(http);
        DeviceRequests.Enqueue(form);
        if (form["client_id"] != ClientId) return Refuse("invalid_client", 401);
        _polled = _clock.GetUtcNow();
        var answer = new Dictionary<string, object?>
        {
            ["device_code"] = "device-code-1", ["user_code"] = "WDJB-MJHT", ["verification_uri"] = "https://login.example/device",
            ["verification_uri_complete"] = "https://login.example/device?user_code=WDJB-MJHT", ["expires_in"] = 600, ["x_unknown"] = true,
        };
        if (Tells is { } seconds) answer["interval"] = seconds;
        return Results.Json(answer);
    }

    private async Task<IResult> TokenAsync(HttpContext http)
    {
        var form = await FormAsync(http);
        if (form["client_id"] != ClientId) return Refuse("invalid_client", 401);
        return (string?)form["grant_type"] switch
        {
            DeviceGrant => Poll(http, form),
            "refresh_token" => Refresh(form),
            _ => Refuse("unsupported_grant_type"),
        };
    }

    private IResult Poll(HttpContext http, IFormCollection form)
    {
        Polls++;
        if (form["device_code"] != "device-code-1") return Refuse("invalid_grant");
        var since = _clock.GetUtcNow() - _polled;
        _polled = _clock.GetUtcNow();
        if (since < _interval) Breaches.Enqueue($"polled after {since.TotalSeconds} s, not {_interval.TotalSeconds} s");
        if (!_answers.TryDequeue(out var answer)) answer = "authorization_pending";
        if (answer == "break")
        {
            // RFC 8628 section 3.5: after this the client is to halve its pace.
            _interval *= 2;
            http.Abort();
            return Results.Empty;
        }

        if (answer == "slow_down") _interval += TimeSpan.FromSeconds(5);
        return answer == "yes" ? Tokens() : Refuse(answer);
    }

    private IResult Refresh(IFormCollection form)
    {
        Refreshes++;
        if (_refreshToken is null || form["refresh_token"] != _refreshToken) return Refuse("invalid_grant");
        return Tokens();
    }

    private IResult Tokens()
    {
        _tokens++;
        if (TurnsOver || _refreshToken is null) _refreshToken = string.Create(CultureInfo.InvariantCulture, $"refresh-{_tokens}");
        var answer = new Dictionary<string, object?> { ["access_token"] = AccessToken, ["token_type"] = TokenType, ["expires_in"] = 300, ["scope"] = "openid" };
        if (TurnsOver || _tokens == 1) answer["refresh_token"] = _refreshToken;
        return Results.Json(answer);
    }

    private async Task<IResult> RevokeAsync(HttpContext http)
    {
        var form = await FormAsync(http);
        if (!Revokes) return Results.StatusCode(503);
        Revoked.Enqueue(form["token"]!);
        return Results.Ok();
    }

    private async Task<IFormCollection> FormAsync(HttpContext http)
    {
        if (http.Request.ContentType != "application/x-www-form-urlencoded") Breaches.Enqueue($"sent {http.Request.ContentType}");
        if (http.Request.Headers.Authorization.Count > 0) Breaches.Enqueue("a public client authenticated");
        var form = await http.Request.ReadFormAsync();
        foreach (var (name, value) in form)
        {
            if (value.Count != 1 || value[0] is null or "") Breaches.Enqueue($"{name} is repeated or empty");
        }

        return form;
    }

    private static IResult Refuse(string error, int status = 400) => Results.Json(new Dictionary<string, string> { ["error"] = error }, statusCode: status);
}
