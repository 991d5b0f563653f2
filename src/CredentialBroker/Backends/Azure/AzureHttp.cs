using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Azure;

/// <summary>Calls of Graph or Resource Manager with the broker's own token.</summary>
internal sealed class AzureHttp(Uri endpoint, AzureTarget target, AzureTokens tokens) : IDisposable
{
    private readonly Wire _wire = new(AzureBackend.Word, new WireOptions(endpoint, target.RequestTimeout, target.RootCertificateFile));

    /// <param name="path">With its query; of parts that need no escaping.</param>
    /// <exception cref="BackendException">No answer: what was asked may or may not have been done.</exception>
    public async ValueTask<WireAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel)
    {
        var answer = await AskAsync(method, path, body, cancel);
        if (answer.Status != HttpStatusCode.Unauthorized) return answer;
        // What was refused for the token's sake did nothing, so that it is asked once more with a new one.
        tokens.ForgetOwn();
        return await AskAsync(method, path, body, cancel);
    }

    /// <summary>Path and query of a link to the same endpoint; null for any other.</summary>
    public string? PathOf(string link) =>
        Uri.TryCreate(link, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == endpoint.GetLeftPart(UriPartial.Authority) ? uri.PathAndQuery : null;

    public void Dispose() => _wire.Dispose();

    private async ValueTask<WireAnswer> AskAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(endpoint, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.OwnAsync(endpoint, cancel));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null) request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await _wire.SendAsync(request, cancel);
    }
}
