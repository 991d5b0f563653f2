using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// A stand-in for Vault, written from its documented HTTP API and no part of Vault: tokens with parents, TTLs and
/// policies, leases that end with their token, sealed and standby states, rate limits, and errors in their documented
/// shape. Whatever is not documented, or not used here, is refused and noted in <see cref="Undocumented"/>.
/// </summary>
internal sealed class VaultStandIn : IAsyncDisposable
{
    public const string RootToken = "hvs.root0000";
    private readonly WebApplication _app;
    private readonly StandInState _state;

    private VaultStandIn(WebApplication app, Uri url)
    {
        (_app, Url) = (app, url);
        _state = new StandInState(RootToken, Undocumented.Enqueue);
    }

    public Uri Url { get; }

    /// <summary>Whatever was asked that Vault does not document; a test that leaves something here fails.</summary>
    public ConcurrentQueue<string> Undocumented { get; } = new();

    /// <summary>Method and path of every request, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public StandInState State => _state;

    public bool Sealed { get; set; }

    public bool Standby { get; set; }

    /// <summary>Status and place of a redirect, whatever is asked.</summary>
    public (int Status, Uri To)? Redirect { get; set; }

    public bool RateLimited { get; set; }

    /// <summary>How many more requests a performance standby has not the state for that they need, by path.</summary>
    public ConcurrentDictionary<string, int> NotReplicated { get; } = new();

    /// <summary>Paths that are worked on, and whose answer is lost on the way.</summary>
    public ConcurrentDictionary<string, bool> Losing { get; } = new();

    /// <summary>Paths that never answer.</summary>
    public ConcurrentDictionary<string, bool> Hanging { get; } = new();

    /// <summary>It takes connections and answers nothing.</summary>
    public bool Silent { get; set; }

    /// <summary>How long every answer takes.</summary>
    public TimeSpan ServiceTime { get; set; }

    /// <summary>Answers given instead, by path.</summary>
    public ConcurrentDictionary<string, (int Status, string Type, string Body)> Instead { get; } = new();

    /// <param name="server">With it the stand-in listens for https, and asks clients for a certificate as Vault's listener does.</param>
    public static async Task<VaultStandIn> StartAsync(X509Certificate2? server = null)
    {
        var port = LoopbackPorts.FindFree();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            // Who shows one that nobody knows comes in and is told so by the login.
            if (server is not null)
                listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = server, ClientCertificateMode = ClientCertificateMode.AllowCertificate, ClientCertificateValidation = (_, _, _) => true });
        }));
        var standIn = new VaultStandIn(builder.Build(), new Uri($"{(server is null ? "http" : "https")}://127.0.0.1:{port}"));
        standIn._app.Run(standIn.AnswerAsync);
        await standIn._app.StartAsync();
        return standIn;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Asked.Enqueue($"{http.Request.Method} {path}");
        http.Response.Headers.CacheControl = "no-store";
        if (!path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            await WriteAsync(http, new StandInReply(404, StandInReply.Errors()));
            return;
        }

        path = path[4..];
        if (ServiceTime > TimeSpan.Zero) await Task.Delay(ServiceTime, http.RequestAborted);
        if (Silent || Hanging.ContainsKey(path)) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        if (Instead.TryGetValue(path, out var instead))
        {
            (http.Response.StatusCode, http.Response.ContentType) = (instead.Status, instead.Type);
            await http.Response.WriteAsync(instead.Body);
            return;
        }

        if (Standby || Redirect is not null)
        {
            var (status, to) = Redirect ?? (307, new Uri("https://active.invalid"));
            http.Response.Headers.Location = new Uri(to, http.Request.Path).ToString();
            http.Response.StatusCode = status;
            return;
        }

        var reply = Sealed ? new StandInReply(503, StandInReply.Errors("Vault is sealed"))
            : NotReplicated.TryGetValue(path, out var more) && more > 0 && NotReplicated.TryUpdate(path, more - 1, more) ? new StandInReply(412, StandInReply.Errors("required index state not present"))
            : RateLimited ? new StandInReply(429, StandInReply.Errors("request path: rate limit quota exceeded"))
            : await ReplyAsync(http, path);
        if (Losing.ContainsKey(path)) http.Abort();
        else await WriteAsync(http, reply);
    }

    private async Task<StandInReply> ReplyAsync(HttpContext http, string path)
    {
        if (http.Request.Headers["X-Vault-Request"] != "true") return new StandInReply(412, StandInReply.Errors("missing 'X-Vault-Request' header"));
        JsonObject? body = null;
        if (http.Request.Method is "POST" or "PUT")
        {
            using var text = new StreamReader(http.Request.Body);
            var sent = await text.ReadToEndAsync();
            try
            {
                body = sent.Length == 0 ? [] : JsonNode.Parse(sent, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
            }
            catch (JsonException)
            {
                // Falls through to the refusal of what is no object.
            }

            if (body is null) return new StandInReply(400, StandInReply.Errors("failed to parse JSON input"));
        }
        else if (http.Request.Method is not ("GET" or "DELETE"))
        {
            return new StandInReply(405, StandInReply.Errors("unsupported operation"));
        }

        var query = http.Request.QueryString.Value switch { null or "" => "", "?list=true" when body is null => "list", _ => null };
        if (query is null || (query == "list" && http.Request.Method != "GET")) return new StandInReply(400, StandInReply.Errors("unsupported query"));
        return _state.Handle(new StandInRequest(
            path, http.Request.Method == "DELETE" ? StandInRequest.Delete : query == "list" ? StandInRequest.List : body is null ? StandInRequest.Read : StandInRequest.Update,
            http.Request.Headers["X-Vault-Namespace"].ToString().Trim('/'), http.Request.Headers["X-Vault-Token"].ToString(), body, http.Connection.ClientCertificate));
    }

    private static Task WriteAsync(HttpContext http, StandInReply reply)
    {
        http.Response.StatusCode = reply.Status;
        if (reply.Body is null) return Task.CompletedTask;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(reply.Body.ToJsonString());
    }
}
