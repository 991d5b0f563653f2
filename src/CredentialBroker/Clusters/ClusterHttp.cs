using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Clusters;

/// <summary>The wire to one API server: strict JSON both ways as the broker, and answers that go on.</summary>
internal sealed class ClusterHttp : IDisposable
{
    /// <summary>A page of pods is large; an object is at most 1.5 MiB.</summary>
    private const int AnswerBytes = 32 * 1024 * 1024;

    private readonly string _name;
    private readonly ClusterOptions _options;
    private readonly Wire _wire;
    private readonly HttpClient _stream;

    public ClusterHttp(string name, ClusterOptions options)
    {
        (_name, _options) = (name, options);
        var wire = new WireOptions(
            options.Server, options.RequestTimeout, options.RootCertificateFile,
            options is { ClientCertificateFile: { } certificate, ClientKeyFile: { } key } ? (certificate, key) : null, AnswerBytes);
        _wire = new Wire(name, wire);
        _stream = new HttpClient(Wire.HandlerOf(wire)) { BaseAddress = options.Server, Timeout = Timeout.InfiniteTimeSpan };
    }

    public async ValueTask<WireAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel)
    {
        try
        {
            using var request = await RequestAsync(method, path, cancel);
            if (body is not null) request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            return await _wire.SendAsync(request, cancel);
        }
        catch (BackendException error)
        {
            throw new ClusterException(_name, 0, error.Detail, error);
        }
    }

    /// <summary>An answer whose body is read as it comes; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancel)
    {
        try
        {
            using var request = await RequestAsync(HttpMethod.Get, path, cancel);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(_options.RequestTimeout);
            return await _stream.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested && error is HttpRequestException or IOException or OperationCanceledException or BackendException)
        {
            throw new ClusterException(_name, 0, "the API server cannot be reached", error);
        }
    }

    public void Dispose()
    {
        _wire.Dispose();
        _stream.Dispose();
    }

    private async ValueTask<HttpRequestMessage> RequestAsync(HttpMethod method, string path, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.UserAgent.ParseAdd("credential-broker");
        // Read each time: such tokens live for an hour and are replaced under the same name.
        if (_options.TokenFile is { } file) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await SecretFile.ReadAsync(_name, file, "the broker's own token", cancel));
        return request;
    }
}
