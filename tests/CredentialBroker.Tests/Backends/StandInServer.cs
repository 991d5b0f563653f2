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

namespace CredentialBroker.Backends;

/// <summary>One answer of a stand-in.</summary>
internal sealed record StandInAnswer(int Status, JsonNode? Body = null, params (string Name, string Value)[] Headers);

/// <summary>
/// What every stand-in of a provider has in common: its own port with TLS, the order of what was asked, and the ways in
/// which a far side misbehaves. What a provider answers is its stand-in's own.
/// </summary>
internal abstract class StandInServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-standin-").FullName;
    private WebApplication? _app;

    /// <summary>Where it is reached; with a certificate of its own, which <see cref="RootFile"/> vouches for.</summary>
    public Uri Url { get; } = new($"https://127.0.0.1:{LoopbackPorts.FindFree()}");

    public string RootFile => Path.Combine(_folder, "root.pem");

    /// <summary>Whatever was asked that the provider does not document; a test that leaves something here fails.</summary>
    public ConcurrentQueue<string> Undocumented { get; } = new();

    /// <summary>Method and path of every request, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Requests, as method and path, that are worked on, and whose answer is lost on the way.</summary>
    public ConcurrentDictionary<string, bool> Losing { get; } = new();

    /// <summary>Requests that never get an answer.</summary>
    public ConcurrentDictionary<string, bool> Hanging { get; } = new();

    /// <summary>Answers given instead.</summary>
    public ConcurrentDictionary<string, (int Status, string Type, string Body)> Instead { get; } = new();

    /// <summary>Changes an answer's body on its way, by request.</summary>
    public ConcurrentDictionary<string, Action<JsonObject>> Changing { get; } = new();

    public string FileOf(string name, string content)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, content);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected async Task StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await File.WriteAllTextAsync(RootFile, certificate.ExportCertificatePem());

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Url.Port, listen => listen.UseHttps(certificate)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
    }

    /// <param name="body">The request's, or null where there is none.</param>
    protected abstract StandInAnswer Answer(HttpRequest request, string path, byte[] body);

    /// <summary>An object and nothing else, without a member twice.</summary>
    protected static JsonObject? ObjectOf(byte[] body)
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

    /// <summary>Notes every member that the provider does not document for the call.</summary>
    protected void Only(string call, JsonObject? body, params string[] known)
    {
        foreach (var name in (body ?? []).Select(member => member.Key).Except(known)) Undocumented.Enqueue($"{call}: {name}");
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        var call = $"{http.Request.Method} {path}";
        Asked.Enqueue(call);
        if (Hanging.ContainsKey(call)) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        if (Instead.TryGetValue(call, out var instead))
        {
            (http.Response.StatusCode, http.Response.ContentType) = (instead.Status, instead.Type);
            if (instead.Status is >= 300 and < 400) http.Response.Headers.Location = "https://elsewhere.invalid/";
            await http.Response.WriteAsync(instead.Body);
            return;
        }

        using var sent = new MemoryStream();
        await http.Request.Body.CopyToAsync(sent);
        var answer = Answer(http.Request, path, sent.ToArray());
        if (Losing.ContainsKey(call))
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) http.Response.Headers[name] = value;
        if (answer.Body is null) return;
        var body = answer.Body.DeepClone();
        if (Changing.TryGetValue(call, out var change) && body is JsonObject members) change(members);
        http.Response.ContentType = "application/json; charset=utf-8";
        await http.Response.WriteAsync(body.ToJsonString());
    }
}
