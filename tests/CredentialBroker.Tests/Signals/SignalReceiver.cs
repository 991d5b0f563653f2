using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Signals;

/// <summary>
/// A stand-in for receivers, written from RFC 8935 and Standard Webhooks 1.0: it verifies every signature, refuses what it
/// does not know, and fails when told to.
/// </summary>
internal sealed class SignalReceiver : IAsyncDisposable
{
    public const string Token = "receivers-own-token";
    public const string Audience = "https://soc.example";

    private readonly WebApplication _app;
    private readonly Lock _gate = new();

    private SignalReceiver(WebApplication app, Uri address) => (_app, Address) = (app, address);

    public Uri Address { get; }

    /// <summary>The transmitter's published keys.</summary>
    public Func<ReadOnlyMemory<byte>> Keys { get; set; } = () => ReadOnlyMemory<byte>.Empty;

    /// <summary>Secrets of webhooks that it knows.</summary>
    public List<byte[]> Secrets { get; } = [];

    /// <summary>So many of the next requests are answered 503.</summary>
    public int Failing { get; set; }

    public List<JsonElement> Taken { get; } = [];

    public List<string> Ids { get; } = [];

    public List<string> Breaches { get; } = [];

    public static async Task<SignalReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var address = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}");
        var app = builder.Build();
        app.Urls.Add(address.GetLeftPart(UriPartial.Authority));
        var receiver = new SignalReceiver(app, address);
        app.MapPost("/push", http => receiver.TakeAsync(http, receiver.Event));
        app.MapPost("/hook", http => receiver.TakeAsync(http, receiver.Hook));
        await app.StartAsync();
        return receiver;
    }

    /// <summary>The claims of a security event token, or why it is none.</summary>
    public (JsonElement? Claims, string? Fault) Verified(string token)
    {
        var parts = token.Split('.');
        using var head = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[0]));
        if (head.RootElement.GetProperty("typ").GetString() != "secevent+jwt") return (null, "typ");
        if (PublishedKeys.Find(Keys(), head.RootElement.GetProperty("kid").GetString()) is not { } key) return (null, "kid");
        if (!PublishedKeys.Signed(key, token)) return (null, "signature");
        var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1])).RootElement;
        if (claims.GetProperty("aud").GetString() != Audience) return (null, "aud");
        if (claims.TryGetProperty("sub", out _) || claims.TryGetProperty("exp", out _)) return (null, "looks like a login");
        return claims.GetProperty("events").EnumerateObject().Count() == 1 ? (claims, null) : (null, "more than one event");
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http, Func<HttpRequest, string, string?> take)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        lock (_gate)
        {
            if (Failing > 0)
            {
                Failing--;
                http.Response.StatusCode = 503;
                return;
            }

            var fault = take(http.Request, body);
            if (fault is not null) Breaches.Add(fault);
            http.Response.StatusCode = fault is null ? 202 : 400;
        }
    }

    private string? Event(HttpRequest request, string body)
    {
        if (request.ContentType != "application/secevent+jwt") return $"content type {request.ContentType}";
        if (request.Headers.Accept != "application/json") return "accept";
        if (request.Headers.Authorization != $"Bearer {Token}") return "no token";
        var (claims, fault) = Verified(body);
        if (claims is not { } read) return fault;
        Taken.Add(read);
        Ids.Add(read.GetProperty("jti").GetString()!);
        return null;
    }

    private string? Hook(HttpRequest request, string body)
    {
        if (request.ContentType != "application/json") return $"content type {request.ContentType}";
        var (id, sent) = (request.Headers["webhook-id"].ToString(), request.Headers["webhook-timestamp"].ToString());
        if (Math.Abs(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(sent, null)) > 300) return "too old";
        var signatures = request.Headers["webhook-signature"].ToString().Split(' ');
        var wanted = Secrets.Select(secret => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{id}.{sent}.{body}")))}");
        if (!signatures.Intersect(wanted).Any()) return "signature";
        Taken.Add(JsonDocument.Parse(body).RootElement);
        Ids.Add(id);
        return null;
    }
}
