using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Backends.Gcp;

/// <summary>
/// A stand-in for Google's Security Token Service, IAM credentials API, metadata server and the objects of Cloud Storage,
/// written from their documented HTTP APIs and no part of them; one address serves all. Whatever is not documented, or
/// not used here, is refused and noted in <see cref="Undocumented"/>.
/// </summary>
internal sealed class GcpStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GcpStandIn(TimeProvider clock)
    {
        Url = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}");
        State = new GcpStandInState(clock, Undocumented.Enqueue);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(Url.ToString());
        _app.Run(AnswerAsync);
    }

    public Uri Url { get; }

    public GcpStandInState State { get; }

    /// <summary>Whatever was asked that is not documented; a test that leaves something here fails.</summary>
    public ConcurrentQueue<string> Undocumented { get; } = new();

    /// <summary>Method and path of every request, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Ends of paths that never answer.</summary>
    public ConcurrentDictionary<string, bool> Hanging { get; } = new();

    /// <summary>Answers given instead, by the end of the path.</summary>
    public ConcurrentDictionary<string, (int Status, string Type, string Body)> Instead { get; } = new();

    /// <summary>Changes an answer on its way, as a hostile or broken far side would.</summary>
    public ConcurrentDictionary<string, Action<JsonObject>> Bending { get; } = new();

    public static async Task<GcpStandIn> StartAsync(TimeProvider clock)
    {
        var standIn = new GcpStandIn(clock);
        await standIn._app.StartAsync();
        return standIn;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        State.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Asked.Enqueue($"{http.Request.Method} {path}");
        bool Is(string end) => path.EndsWith(end, StringComparison.Ordinal);
        if (Hanging.Keys.Any(Is)) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        if (Instead.FirstOrDefault(one => Is(one.Key)) is { Key: not null } instead)
        {
            (http.Response.StatusCode, http.Response.ContentType) = (instead.Value.Status, instead.Value.Type);
            if (instead.Value.Status is >= 300 and < 400) http.Response.Headers.Location = $"{Url}elsewhere";
            if (instead.Value.Status == 429) http.Response.Headers.RetryAfter = "7";
            await http.Response.WriteAsync(instead.Value.Body);
            return;
        }

        using var text = new StreamReader(http.Request.Body);
        var reply = await State.HandleAsync(http.Request, await text.ReadToEndAsync());
        if (Bending.FirstOrDefault(one => Is(one.Key)).Value is { } bend) bend(reply.Body);
        http.Response.StatusCode = reply.Status;
        http.Response.ContentType = "application/json; charset=UTF-8";
        await http.Response.WriteAsync(reply.Body.ToJsonString());
    }
}

/// <summary>One answer of the stand-in.</summary>
internal sealed record GcpStandInReply(int Status, JsonObject Body)
{
    /// <summary>The shape of the token service's errors.</summary>
    public static GcpStandInReply TokenError(string error, string text) => new(400, new JsonObject { ["error"] = error, ["error_description"] = text });

    /// <summary>The shape of every other API's.</summary>
    public static GcpStandInReply Error(int code, string status, string message) => new(code, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message, ["status"] = status } });
}
