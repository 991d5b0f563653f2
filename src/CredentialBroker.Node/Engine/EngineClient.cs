using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace CredentialBroker.Node.Engine;

/// <summary>The engine cannot be asked at present.</summary>
internal sealed class EngineException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// Asks the engine over its own socket. The engine shows these calls to the plugin too; a secret that only this process has
/// tells them apart there.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    public const string Mark = "X-Credbroker-Node";

    private const int LargestAnswer = 16 * 1024 * 1024;
    private readonly HttpClient _http;
    private readonly HttpClient _stream;

    public EngineClient(string socket)
    {
        Socket = socket;
        _http = Open(socket, TimeSpan.FromSeconds(10));
        _stream = Open(socket, System.Threading.Timeout.InfiniteTimeSpan);
    }

    public string Socket { get; }

    public string Secret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public async Task<string> VersionAsync(CancellationToken cancel)
    {
        using var json = JsonDocument.Parse((await GetAsync("/version", cancel))!);
        return json.RootElement.TryGetProperty("Version", out var version) ? version.GetString() ?? "" : "";
    }

    /// <summary>Null when there is no such container.</summary>
    /// <param name="name">Its id, the beginning of it, or its name.</param>
    public async Task<Inspected?> InspectAsync(string name, CancellationToken cancel) =>
        await GetAsync($"/containers/{Uri.EscapeDataString(name)}/json", cancel) is { } json ? Inspected.Of(json) : null;

    /// <summary>Ids of the containers that run.</summary>
    public async Task<IReadOnlyList<string>> RunningAsync(CancellationToken cancel)
    {
        using var json = JsonDocument.Parse((await GetAsync("/containers/json", cancel))!);
        return [.. json.RootElement.EnumerateArray().Select(one => one.GetProperty("Id").GetString()!)];
    }

    /// <summary>Events about containers.</summary>
    /// <param name="since">The engine's own time, in nanoseconds; null from now on.</param>
    public async Task<EngineEvents> EventsAsync(long? since, CancellationToken cancel) => new(
        await OpenAsync($"/events?filters={Uri.EscapeDataString("{\"type\":[\"container\"]}")}{(since is { } at ? $"&since={EngineEvent.Since(at)}" : "")}", cancel));

    public void Dispose()
    {
        _http.Dispose();
        _stream.Dispose();
    }

    /// <summary>A connection to the engine, for requests that no client would make.</summary>
    public async Task<Socket> ConnectAsync(CancellationToken cancel)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancel);
            return connection;
        }
        catch (SocketException fault)
        {
            connection.Dispose();
            throw new EngineException($"the engine at {Socket} cannot be reached: {fault.Message}", fault);
        }
    }

    private async Task<byte[]?> GetAsync(string path, CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.SendAsync(Request(path), cancel);
            if (answer.StatusCode == System.Net.HttpStatusCode.NotFound) return null;
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync(cancel) : throw new EngineException($"the engine answered {(int)answer.StatusCode} to GET {path.Split('?')[0]}");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new EngineException($"the engine at {Socket} cannot be asked: {fault.Message}", fault);
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancel)
    {
        try
        {
            var answer = await _stream.SendAsync(Request(path), HttpCompletionOption.ResponseHeadersRead, cancel);
            if (answer.IsSuccessStatusCode) return answer;
            using (answer) throw new EngineException($"the engine answered {(int)answer.StatusCode} to GET /events");
        }
        catch (HttpRequestException fault)
        {
            throw new EngineException($"the engine at {Socket} cannot be asked: {fault.Message}", fault);
        }
    }

    private HttpRequestMessage Request(string path) => new(HttpMethod.Get, path) { Headers = { { Mark, Secret } } };

    private static HttpClient Open(string socket, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        UseProxy = false, AllowAutoRedirect = false, UseCookies = false,
        ConnectCallback = async (_, cancel) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://engine"), Timeout = timeout, MaxResponseContentBufferSize = LargestAnswer,
    };
}
