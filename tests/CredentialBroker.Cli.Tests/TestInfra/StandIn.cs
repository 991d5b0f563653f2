using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Cli.Tests.TestInfra;

/// <summary>A request as it arrived; the target exactly as it stood on the wire.</summary>
internal sealed record Seen(string Method, string Target, IHeaderDictionary Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public T Read<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize(Body, type)!;
}

/// <summary>Stands in for the broker: answers the documented routes and nothing else, and remembers whatever was not as documented.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Func<HttpContext, Task>>> _scripted = new();
    private WebApplication? _app;

    public Uri Address { get; private set; } = null!;

    public ConcurrentQueue<Seen> Requests { get; } = new();

    /// <summary>What was asked against the contract; a test that leaves any fails.</summary>
    public ConcurrentQueue<string> Breaches { get; } = new();

    public Seen Only => Assert.Single(Requests);

    public static async Task<StandIn> StartAsync(X509Certificate2? certificate = null)
    {
        var standIn = new StandIn();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null) listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = Microsoft.AspNetCore.Server.Kestrel.Https.ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            });
        }));
        if (certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        standIn._app = builder.Build();
        standIn._app.Run(standIn.HandleAsync);
        await standIn._app.StartAsync();
        standIn.Address = new Uri(standIn._app.Urls.Single());
        return standIn;
    }

    /// <summary>The next answer to this method and path; when none is left, the default answers again.</summary>
    public void Next(string methodAndPath, Func<HttpContext, Task> answer) => _scripted.GetOrAdd(methodAndPath, _ => new()).Enqueue(answer);

    public void Next<T>(string methodAndPath, int status, T answer, JsonTypeInfo<T> type) => Next(methodAndPath, http => Contract.JsonAsync(http, status, answer, type));

    public void Refuse(string methodAndPath, Problem problem, string? retryAfter = null) => Next(methodAndPath, http =>
    {
        if (retryAfter is not null) http.Response.Headers.RetryAfter = retryAfter;
        return Contract.JsonAsync(http, problem.Status, problem, ProtocolJson.Default.Problem, "application/problem+json");
    });

    public async ValueTask DisposeAsync() => await _app!.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var seen = new Seen(http.Request.Method, target, new HeaderDictionary(http.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)), body.ToArray());
        Requests.Enqueue(seen);
        if (Contract.Breach(seen, http) is { } breach)
        {
            Breaches.Enqueue($"{seen.Method} {seen.Target}: {breach}");
            await Contract.JsonAsync(http, 400, The.Problem(400, ReasonCodes.RequestMalformed, breach), ProtocolJson.Default.Problem, "application/problem+json");
            return;
        }

        var path = target.Split('?')[0];
        if (_scripted.TryGetValue($"{seen.Method} {path}", out var queue) && queue.TryDequeue(out var scripted)) await scripted(http);
        else await Contract.AnswerAsync(seen, path, http);
    }
}
