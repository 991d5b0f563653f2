using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Tests.Sources;

/// <summary>What stands in for a forge's REST API has in common: it counts what it was asked, and a test may change what a path answers.</summary>
internal abstract class ApiStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;

    protected ApiStandIn()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(Url.ToString());
        _app.Run(AnswerAsync);
    }

    public Uri Url { get; } = new($"http://127.0.0.1:{LoopbackPorts.FindFree()}");

    /// <summary>Answers instead of the documents, by the end of the path; status 0 never answers.</summary>
    public ConcurrentDictionary<string, (int Status, string Body, (string Name, string Value)[] Headers)> Instead { get; } = new();

    public ConcurrentQueue<string> Asked { get; } = new();

    public Task StartAsync() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Whether it is asked as documented, by somebody it knows.</summary>
    protected abstract bool Knows(HttpRequest request);

    /// <summary>Null where the documents have nothing at this path.</summary>
    protected abstract JsonNode? Document(string path);

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Asked.Enqueue(path);
        if (Instead.FirstOrDefault(i => path.EndsWith(i.Key, StringComparison.Ordinal)) is { Key: not null, Value: var (status, body, headers) })
        {
            if (status == 0) await Task.Delay(Timeout.Infinite, http.RequestAborted);
            foreach (var (name, value) in headers) http.Response.Headers[name] = value;
            await WriteAsync(http, status, body);
            return;
        }

        if (!Knows(http.Request))
        {
            await WriteAsync(http, 401, """{"message":"401 Unauthorized"}""");
            return;
        }

        var document = http.Request.Method == "GET" && !http.Request.QueryString.HasValue ? Document(path) : null;
        await WriteAsync(http, document is null ? 404 : 200, document?.ToJsonString() ?? """{"message":"404 Not Found"}""");
    }

    private static Task WriteAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.WriteAsync(body);
    }
}
