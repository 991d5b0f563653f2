using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Backends.Azure;

/// <summary>
/// A stand-in for Entra's token endpoint, Microsoft Graph, Azure Resource Manager and one key vault, written from their
/// documented HTTP APIs and no part of them; one address serves all, over TLS with a certificate of its own. Whatever is
/// not documented, or not used here, is refused and noted in <see cref="Undocumented"/>.
/// </summary>
internal sealed class AzureStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate;

    private AzureStandIn(TimeProvider clock)
    {
        Url = new Uri($"https://localhost:{LoopbackPorts.FindFree()}");
        State = new AzureStandInState(Url, clock, Undocumented.Enqueue);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));
        RootCertificateFile = Path.GetTempFileName();
        File.WriteAllText(RootCertificateFile, _certificate.ExportCertificatePem());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Url.Port, listen => listen.UseHttps(_certificate)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Uri Url { get; }

    public string RootCertificateFile { get; }

    public AzureStandInState State { get; }

    /// <summary>Whatever was asked that is not documented; a test that leaves something here fails.</summary>
    public ConcurrentQueue<string> Undocumented { get; } = new();

    /// <summary>Method and path of every request, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Ends of paths that are worked on, and whose answer is lost on the way.</summary>
    public ConcurrentDictionary<string, bool> Losing { get; } = new();

    /// <summary>The same, by method, for the end of one path.</summary>
    public ConcurrentDictionary<string, string> LosingOnly { get; } = new();

    /// <summary>Ends of paths that never answer.</summary>
    public ConcurrentDictionary<string, bool> Hanging { get; } = new();

    /// <summary>Method that never answers, by the end of its path.</summary>
    public ConcurrentDictionary<string, string> HangingOnly { get; } = new();

    /// <summary>Answers given instead of one method's, by the end of its path.</summary>
    public ConcurrentDictionary<string, (string Method, int Status, string Type, string Body)> InsteadOnly { get; } = new();

    /// <summary>Answers given instead, by the end of the path.</summary>
    public ConcurrentDictionary<string, (int Status, string Type, string Body)> Instead { get; } = new();

    /// <summary>Changes an answer on its way, as a hostile or broken far side would.</summary>
    public ConcurrentDictionary<string, Action<JsonObject>> Bending { get; } = new();

    public static async Task<AzureStandIn> StartAsync(TimeProvider clock)
    {
        var standIn = new AzureStandIn(clock);
        await standIn._app.StartAsync();
        return standIn;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        State.Dispose();
        File.Delete(RootCertificateFile);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Asked.Enqueue($"{http.Request.Method} {path}");
        bool Is(string end) => path.EndsWith(end, StringComparison.Ordinal);
        if (Hanging.Keys.Any(Is) || HangingOnly.Any(one => Is(one.Key) && one.Value == http.Request.Method)) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        if (InsteadOf(http.Request.Method, Is) is { } instead)
        {
            (http.Response.StatusCode, http.Response.ContentType) = (instead.Status, instead.Type);
            if (instead.Status is >= 300 and < 400) http.Response.Headers.Location = $"{Url}elsewhere";
            if (instead.Status == 429) http.Response.Headers.RetryAfter = "7";
            await http.Response.WriteAsync(instead.Body);
            return;
        }

        using var text = new StreamReader(http.Request.Body);
        var reply = await State.HandleAsync(http.Request, await text.ReadToEndAsync());
        if (reply.Body is { } body && Bending.FirstOrDefault(one => Is(one.Key)).Value is { } bend) bend(body);
        if (Losing.Keys.Any(Is) || (LosingOnly.TryGetValue(http.Request.Method, out var lost) && Is(lost))) http.Abort();
        else await WriteAsync(http, reply);
    }

    private (int Status, string Type, string Body)? InsteadOf(string method, Func<string, bool> isAt)
    {
        foreach (var (_, one) in InsteadOnly.Where(one => isAt(one.Key) && one.Value.Method == method)) return (one.Status, one.Type, one.Body);
        foreach (var (_, one) in Instead.Where(one => isAt(one.Key))) return one;
        return null;
    }

    private static Task WriteAsync(HttpContext http, AzureStandInReply reply)
    {
        http.Response.StatusCode = reply.Status;
        if (reply.Body is null) return Task.CompletedTask;
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.WriteAsync(reply.Body.ToJsonString());
    }
}

/// <summary>One answer of the stand-in.</summary>
internal sealed record AzureStandInReply(int Status, JsonObject? Body = null)
{
    /// <summary>The shape that Graph and Resource Manager share.</summary>
    public static AzureStandInReply Error(int status, string code, string message) => new(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } });

    /// <summary>The shape of Entra's token endpoint.</summary>
    public static AzureStandInReply TokenError(int status, string error, int number, string text) => new(status, new JsonObject
    {
        ["error"] = error, ["error_description"] = $"AADSTS{number}: {text} Trace ID: 00000000-0000-0000-0000-000000000001", ["error_codes"] = new JsonArray(number),
        ["timestamp"] = "2030-01-01 12:00:00Z", ["trace_id"] = "00000000-0000-0000-0000-000000000001", ["correlation_id"] = "00000000-0000-0000-0000-000000000002",
    });

    /// <summary>A body that is one strict JSON object, or null.</summary>
    public static JsonObject? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
