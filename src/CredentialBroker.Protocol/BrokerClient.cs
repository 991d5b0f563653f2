using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CredentialBroker.Protocol;

/// <summary>
/// The client of the broker's HTTP API. Every method throws <see cref="BrokerException"/> when the broker answers with a
/// problem or with anything but the documented result, and <see cref="BrokerUnreachableException"/> when no whole answer
/// came within <see cref="HttpClient.Timeout"/>. Nothing is retried. Safe for concurrent use.
/// </summary>
public sealed partial class BrokerClient
{
    private readonly HttpClient _http;
    private readonly BrokerExchange _exchange;

    /// <summary>Makes a client.</summary>
    /// <param name="http">Transport with a <see cref="HttpClient.BaseAddress"/>; must not follow redirects, see <see cref="BrokerHttp"/>. The caller disposes it.</param>
    /// <param name="token">An operator's or workload's token, sent as bearer; null sends none.</param>
    public BrokerClient(HttpClient http, string? token = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.BaseAddress is null) throw new ArgumentException("the HttpClient has no BaseAddress", nameof(http));
        (_http, _exchange) = (http, new BrokerExchange(http, token));
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancel) =>
        _exchange.SendAsync(Request(HttpMethod.Get, path), answer, cancel, HttpStatusCode.OK);

    private static HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null) =>
        new(method, new Uri(path, UriKind.Relative)) { Content = content };

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Bytes(JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json");
    }

    private static ByteArrayContent Text(string text, string type)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Bytes(Encoding.UTF8.GetBytes(text), type);
    }

    private static ByteArrayContent Bytes(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
}
