using System.Net.Sockets;
using System.Text.Json;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>What a front end answered.</summary>
internal sealed record Reply(int Status, string Body, string? ContentType, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Text(string name) => Json.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>Calls a front end as any program could, saying what no SDK would where a test wants that.</summary>
internal sealed class Caller : IDisposable
{
    private readonly HttpClient _http;

    public Caller(int port, string host = "127.0.0.1") => _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{host}:{port}") };

    public Caller(string socket) => _http = new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            return new NetworkStream(connection, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://localhost") };

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public async Task<Reply> SendAsync(HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body);
        foreach (var (name, value) in headers)
        {
            if (name == "Host") request.Headers.Host = value;
            else request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _http.SendAsync(request);
        return new Reply((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType?.ToString(),
            answer.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
    }

    public void Dispose() => _http.Dispose();
}
