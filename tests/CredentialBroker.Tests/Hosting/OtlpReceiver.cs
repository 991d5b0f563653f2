using System.Collections.Concurrent;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Hosting;

/// <summary>A collector that takes OTLP/HTTP to the letter: method, path, content type, and every byte of the message.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    public ConcurrentDictionary<string, string> Metrics { get; } = new();

    public ConcurrentQueue<string> Logs { get; } = new();

    public ConcurrentDictionary<string, string> Resource { get; } = new();

    /// <summary>Everything that came, to search for what must not.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = new();

    public ConcurrentQueue<string> Faults { get; } = new();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var address = $"http://127.0.0.1:{LoopbackPorts.FindFree()}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        var app = builder.Build();
        var receiver = new OtlpReceiver(app, address);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        Bodies.Enqueue(body.ToArray());
        try
        {
            if (http.Request.Method != "POST") throw new FormatException(http.Request.Method);
            if (http.Request.ContentType != "application/x-protobuf") throw new FormatException($"content type {http.Request.ContentType}");
            Read(http.Request.Path, OtlpMessage.Parse(body.ToArray()));
            http.Response.ContentType = "application/x-protobuf";
        }
        catch (FormatException wrong)
        {
            Faults.Enqueue($"{http.Request.Path}: {wrong.Message}");
            http.Response.StatusCode = 400;
        }
    }

    private void Read(string path, OtlpMessage request)
    {
        foreach (var resource in request.Messages(1))
        {
            foreach (var (name, value) in resource.Message(1).Attributes(1)) Resource[name] = value;
            foreach (var scope in resource.Messages(2))
            {
                var from = scope.Message(1).Text(1);
                foreach (var item in scope.Messages(2)) Keep(path, from, item);
            }
        }
    }

    private void Keep(string path, string scope, OtlpMessage item)
    {
        switch (path)
        {
            case "/v1/traces": Spans.Enqueue(OtlpSpan.Of(scope, item)); break;
            case "/v1/metrics": Metrics[item.Text(1)] = item.Has(9) ? "histogram" : item.Has(7) ? "sum" : item.Has(5) ? "gauge" : throw new FormatException("a metric without data"); break;
            case "/v1/logs": Logs.Enqueue(item.Message(5).Text(1)); break;
            default: throw new FormatException("no such signal");
        }
    }
}

/// <summary>A span as it was sent (opentelemetry/proto/trace/v1/trace.proto).</summary>
internal sealed record OtlpSpan(string Scope, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Events)
{
    public static OtlpSpan Of(string scope, OtlpMessage span)
    {
        var (trace, id, parent) = (span.Hex(1), span.Hex(2), span.Hex(4));
        if (trace.Length != 32 || id.Length != 16 || parent.Length is not (0 or 16)) throw new FormatException("ids of a span have other lengths");
        if (span.Number(7) == 0 || span.Number(8) < span.Number(7)) throw new FormatException("a span ends before it begins");
        return new OtlpSpan(scope, trace, id, parent, span.Text(5), span.Attributes(9).ToDictionary(), [.. span.Messages(11).Select(e => e.Text(2))]);
    }
}
