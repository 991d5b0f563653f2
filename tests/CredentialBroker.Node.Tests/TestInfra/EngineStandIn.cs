using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>
/// Stands in for a container engine where a real one would be in the way: it tells of containers that a test made up, and
/// of their ends, in the forms of the engine's own API (version 1.41). What it does not know it answers with 404.
/// </summary>
public sealed class EngineStandIn(string socket) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, bool> _running = new();
    private readonly ConcurrentBag<Channel<string>> _listeners = [];
    private WebApplication? _app;

    /// <summary>Host configuration of every container.</summary>
    public string Makes { get; set; } = "{}";

    public string Image { get; } = $"sha256:{new string('1', 64)}";

    public string Make()
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _running[id] = false;
        return id;
    }

    public void Run(string id) => _running[id] = true;

    public void Die(string id)
    {
        _running[id] = false;
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var listener in _listeners) listener.Writer.TryWrite($$$"""{"status":"die","id":"{{{id}}}","Type":"container","Action":"die","Actor":{"ID":"{{{id}}}","Attributes":{"exitCode":"0"}},"scope":"local","time":{{{now / 1000}}},"timeNano":{{{now * 1_000_000}}}}""");
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        _app = builder.Build();
        _app.MapGet("/version", () => Results.Text("""{"Version":"29.3.1","ApiVersion":"1.52"}""", "application/json"));
        _app.MapGet("/containers/json", () => Results.Text($"[{string.Join(',', _running.Where(one => one.Value).Select(one => $"{{\"Id\":\"{one.Key}\"}}"))}]", "application/json"));
        _app.MapGet("/containers/{id}/json", (string id) => _running.TryGetValue(id, out var runs)
            ? Results.Text($$$"""{"Id":"{{{id}}}","Image":"{{{Image}}}","State":{"Running":{{{(runs ? "true" : "false")}}},"StartedAt":""},"HostConfig":{{{Makes}}}}""", "application/json")
            : Results.Text("""{"message":"No such container"}""", "application/json", statusCode: 404));
        _app.MapGet("/events", async (HttpContext http) =>
        {
            var events = Channel.CreateUnbounded<string>();
            _listeners.Add(events);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await foreach (var line in events.Reader.ReadAllAsync(http.RequestAborted)) await http.Response.WriteAsync(line + "\n", http.RequestAborted);
        });
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) listener.Writer.TryComplete();
        if (_app is not null) await _app.DisposeAsync();
    }
}
