using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialBroker.WebConsole.Tests.TestInfra;

/// <summary>
/// Stands in for an issuer of operators' tokens: the authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636), as strict
/// as they are. A code is good once, for its client, its redirect address and its verifier.
/// </summary>
internal sealed class AuthorizationStandIn : IAsyncDisposable
{
    public const string Name = "https://login.test/realms/ops", Client = "credbroker-console", Audience = "credbroker-operators", Secret = "console-secret-of-the-test";

    private readonly ConcurrentDictionary<string, (string Redirect, string Challenge)> _codes = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly int _port = LoopbackPorts.FindFree();
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-issuer-").FullName;
    private WebApplication? _app;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Who says yes next.</summary>
    public string Person { get; set; } = "ann";

    public string Groups { get; set; } = "responders";

    public void AddTo(JsonObject configuration)
    {
        File.WriteAllText(Path.Combine(_folder, "ops.jwks"), Jwks());
        File.WriteAllText(Path.Combine(_folder, "secret"), Secret);
        configuration["Operators"]!["Issuers"] = new JsonObject
        {
            ["corp"] = new JsonObject
            {
                ["Issuer"] = Name, ["Audience"] = Audience, ["JwksFile"] = Path.Combine(_folder, "ops.jwks"),
                ["Roles"] = new JsonArray(Role("responder", "responders"), Role("auditor", "auditors")),
            },
        };
        configuration["Console"] = new JsonObject
        {
            ["SignIn"] = new JsonObject
            {
                ["corp"] = new JsonObject
                {
                    ["ClientId"] = Client, ["ClientSecretFile"] = Path.Combine(_folder, "secret"), ["AuthorizationEndpoint"] = new Uri(Address, "/authorize").ToString(), ["TokenEndpoint"] = new Uri(Address, "/token").ToString(),
                },
            },
        };
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address.ToString());
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static JsonObject Role(string role, string group) =>
        new() { ["Role"] = role, ["Match"] = new JsonArray(new JsonObject { ["Claim"] = "groups", ["Values"] = new JsonArray(group) }) };

    private Task AnswerAsync(HttpContext http) => (http.Request.Method, http.Request.Path.Value) switch
    {
        ("GET", "/authorize") => AuthorizeAsync(http),
        ("POST", "/token") => TokenAsync(http),
        // Browsers ask for it unasked.
        ("GET", "/favicon.ico") => Task.FromResult(http.Response.StatusCode = 204),
        _ => RefuseAsync(http, "invalid_request"),
    };

    private async Task AuthorizeAsync(HttpContext http)
    {
        var query = http.Request.Query;
        if (query["response_type"] != "code" || query["client_id"] != Client || query["code_challenge_method"] != "S256" || query["code_challenge"].ToString().Length != 43
            || !query["scope"].ToString().Split(' ').Contains("openid") || query["state"].ToString().Length == 0 || !query["redirect_uri"].ToString().EndsWith("/console/signed-in/corp", StringComparison.Ordinal))
        {
            await RefuseAsync(http, "invalid_request");
            return;
        }

        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _codes[code] = (query["redirect_uri"]!, query["code_challenge"]!);
        http.Response.ContentType = "text/html";
        await http.Response.WriteAsync($"""<!doctype html><html lang="en"><title>Issuer</title><h1>Issuer</h1><a href="{query["redirect_uri"]}?code={code}&amp;state={Uri.EscapeDataString(query["state"]!)}">Yes, I am {Person}</a></html>""");
    }

    private async Task TokenAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        if (form["grant_type"] != "authorization_code" || form["client_id"] != Client || form["client_secret"] != Secret || !_codes.TryRemove(form["code"].ToString(), out var code)
            || form["redirect_uri"] != code.Redirect || Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != code.Challenge)
        {
            await RefuseAsync(http, "invalid_grant");
            return;
        }

        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Name, Audience = Audience, IssuedAt = now, NotBefore = now, Expires = now.AddMinutes(10), SigningCredentials = new SigningCredentials(Key, "ES256"),
            Claims = new Dictionary<string, object> { ["sub"] = $"id-of-{Person}", ["preferred_username"] = $"{Person}@test", ["groups"] = new[] { Groups } },
        });
        await http.Response.WriteAsJsonAsync(new JsonObject { ["access_token"] = "opaque", ["token_type"] = "Bearer", ["expires_in"] = 600, ["id_token"] = token });
    }

    private ECDsaSecurityKey Key => new(_key) { KeyId = "ops-1" };

    private string Jwks()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["use"] = "sig", ["alg"] = "ES256", ["kid"] = Key.KeyId, ["x"] = Base64Url(point.X!), ["y"] = Base64Url(point.Y!) }),
        }.ToJsonString();
    }

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static Task RefuseAsync(HttpContext http, string error)
    {
        http.Response.StatusCode = 400;
        return http.Response.WriteAsJsonAsync(new JsonObject { ["error"] = error });
    }
}
