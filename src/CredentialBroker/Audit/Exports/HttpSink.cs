using System.Net.Http.Headers;

namespace CredentialBroker.Audit.Exports;

/// <summary>Sends by POST. Anything but a 2xx answer within the time means that it is sent again.</summary>
internal sealed class HttpSink(Uri address, string? tokenFile, string contentType, bool array, TimeSpan? patience = null) : IAuditSink, IDisposable
{
    private readonly HttpClient _http = Client(patience);

    public async Task DeliverAsync(Delivery delivery, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(Body(delivery)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        // Read each time: a token that is replaced is used at once.
        if (tokenFile is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(tokenFile, cancel)).Trim());
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"answered {(int)response.StatusCode}", null, response.StatusCode);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>How receivers are reached: what they are sent goes nowhere else.</summary>
    public static HttpClient Client(TimeSpan? patience = null) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = patience ?? TimeSpan.FromSeconds(20),
    };

    private byte[] Body(Delivery delivery)
    {
        using var body = new MemoryStream();
        if (array) body.WriteByte((byte)'[');
        for (var i = 0; i < delivery.Events.Count; i++)
        {
            if (array && i > 0) body.WriteByte((byte)',');
            body.Write(delivery.Events[i].Json.Span);
            if (!array) body.WriteByte((byte)'\n');
        }

        if (array) body.WriteByte((byte)']');
        return body.ToArray();
    }
}
