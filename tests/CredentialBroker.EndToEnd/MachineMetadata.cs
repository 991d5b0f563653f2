using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// A stand-in for what machines tell their own programs: container credentials of AWS, App Service's and the virtual
/// machine's managed identity of Azure, Google's metadata server. Written from their documentation and no part of them.
/// Whatever is not documented, or not used here, is refused and noted in <see cref="Undocumented"/>.
/// </summary>
internal sealed class MachineMetadata : IAsyncDisposable
{
    private readonly WebApplication _app;

    public MachineMetadata()
    {
        Url = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(Url.ToString());
        _app.Run(AnswerAsync);
    }

    public Uri Url { get; }

    /// <summary>What AWS and App Service have a program show: another one on this machine does not know it.</summary>
    public string Secret { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>Whatever was asked that is not documented; a test that leaves something here fails.</summary>
    public ConcurrentQueue<string> Undocumented { get; } = new();

    /// <summary>Paths for which something was handed out, in order.</summary>
    public ConcurrentQueue<string> Given { get; } = new();

    /// <summary>The machine's session of AWS.</summary>
    public Func<JsonObject>? Session { get; init; }

    /// <summary>A token of Entra for an assigned identity and a resource; null where none is assigned.</summary>
    public Func<string, string, JsonObject?>? Identity { get; init; }

    /// <summary>A token of the machine's service account at Google, for these scopes.</summary>
    public Func<string[], JsonObject>? Account { get; init; }

    public async Task<MachineMetadata> StartAsync()
    {
        await _app.StartAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Assert.Empty(Undocumented);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        // As Google documents it, for every answer.
        if (Account is not null) http.Response.Headers["Metadata-Flavor"] = "Google";
        var (status, body) = (http.Request.Method, path) switch
        {
            ("GET", "/v1/credentials") when Session is not null => Container(http.Request),
            ("GET", "/msi/token") when Identity is not null => AppService(http.Request),
            ("GET", "/metadata/identity/oauth2/token") when Identity is not null => VirtualMachine(http.Request),
            // Of a newer protocol, which a client may look for.
            ("GET", "/metadata/identity/getplatformmetadata") when Identity is not null => (404, Error("not_found", "no such call")),
            ("GET", "/") when Account is not null => Flavoured(http.Request) ? (200, null) : (403, null),
            ("GET", "/computeMetadata/v1/instance/service-accounts/default/token") when Account is not null => Google(http.Request),
            _ => Unknown(http.Request),
        };
        if (status == 200 && body is not null) Given.Enqueue(path);
        http.Response.StatusCode = status;
        if (body is null) return;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body.ToJsonString());
    }

    private (int Status, JsonObject? Body) Container(HttpRequest request) => request.Headers.Authorization == Secret && request.Query.Count == 0
        ? (200, Session!())
        : (400, new JsonObject { ["code"] = "InvalidAuthorizationToken", ["message"] = "no" });

    private (int Status, JsonObject? Body) AppService(HttpRequest request)
    {
        if (request.Headers["X-IDENTITY-HEADER"] != Secret) return (401, new JsonObject { ["statusCode"] = 401, ["message"] = "no", ["correlationId"] = "c" });
        return Token(request, "2019-08-01", (400, new JsonObject { ["statusCode"] = 400, ["message"] = "No managed identity was found", ["correlationId"] = "c" }));
    }

    private (int Status, JsonObject? Body) VirtualMachine(HttpRequest request)
    {
        // How clients find out that somebody is there.
        if (request.Headers["Metadata"] != "true") return (400, Error("invalid_request", "Required metadata header not specified"));
        return Token(request, "2018-02-01", (400, Error("invalid_request", "Identity not found")));
    }

    private (int Status, JsonObject? Body) Token(HttpRequest request, string version, (int, JsonObject) none)
    {
        foreach (var name in request.Query.Keys.Except(["api-version", "resource", "client_id"])) Undocumented.Enqueue($"{request.Path}: {name}");
        if (request.Query["api-version"] != version || Uri.TryCreate(request.Query["resource"], UriKind.Absolute, out _) is false) return Unknown(request);
        if (Identity!(request.Query["client_id"].ToString(), request.Query["resource"].ToString()) is not { } given) return none;
        return (200, new JsonObject
        {
            ["access_token"] = (string)given["access_token"]!, ["client_id"] = request.Query["client_id"].ToString(), ["resource"] = request.Query["resource"].ToString(), ["token_type"] = "Bearer",
            ["expires_on"] = $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + (int)given["expires_in"]!}",
        });
    }

    private (int Status, JsonObject? Body) Google(HttpRequest request) => Flavoured(request) && request.Query.Keys.All(name => name == "scopes")
        ? (200, Account!(request.Query["scopes"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries)))
        : (403, null);

    private static bool Flavoured(HttpRequest request) => request.Headers["Metadata-Flavor"] == "Google" && !request.Headers.ContainsKey("X-Forwarded-For");

    private (int Status, JsonObject? Body) Unknown(HttpRequest request)
    {
        Undocumented.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        return ((int)HttpStatusCode.NotFound, null);
    }

    private static JsonObject Error(string error, string text) => new() { ["error"] = error, ["error_description"] = text };
}
