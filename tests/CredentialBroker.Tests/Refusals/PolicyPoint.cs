using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Tests.Refusals;

/// <summary>Stands in for an external policy point: says yes until told otherwise.</summary>
internal sealed class PolicyPoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private (int Status, string Body) _answer = (200, ExternalPolicyTests.Yes);

    private PolicyPoint(WebApplication app, Uri url)
    {
        _app = app;
        Url = url;
    }

    public Uri Url { get; }

    public static async Task<PolicyPoint> StartAsync()
    {
        var url = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}/v1/data/credbroker");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var point = new PolicyPoint(builder.Build(), url);
        point._app.Urls.Add(url.GetLeftPart(UriPartial.Authority));
        point._app.Run(point.AnswerAsync);
        await point._app.StartAsync();
        return point;
    }

    /// <summary>Status 0 never answers.</summary>
    public void Answer(int status, string body) => _answer = (status, body);

    /// <summary>What it was asked last.</summary>
    public System.Text.Json.JsonElement Asked { get; private set; }

    /// <summary>The <c>Authorization</c> that came with it.</summary>
    public string? Authorization { get; private set; }

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var (status, body) = http.Request.Path == "/yes" ? (200, ExternalPolicyTests.Yes) : _answer;
        if (http.Request.Path != "/yes") Asked = (await System.Text.Json.JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted)).RootElement.GetProperty("input");
        Authorization = http.Request.Headers.Authorization;
        if (status == 0)
        {
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
            return;
        }

        http.Response.StatusCode = status;
        if (status == 307) http.Response.Headers.Location = "/yes";
        if (body.Length > 0) await http.Response.WriteAsync(body);
    }
}
