using System.Net.Http.Headers;
using CredentialBroker.Audit.Exports;

namespace CredentialBroker.Signals;

/// <summary>
/// Sends each signal by a POST of its own, one after the other. What is not answered with 2xx is sent again, and what comes
/// after it waits: a receiver never sees the end of a lease before its beginning.
/// </summary>
/// <param name="sign">Adds what the receiver knows us by.</param>
internal sealed class SignalSink(Uri address, string contentType, Func<HttpRequestMessage, ExportedEvent, CancellationToken, Task> sign) : IAuditSink, IDisposable
{
    private readonly HttpClient _http = HttpSink.Client();

    public async Task DeliverAsync(Delivery delivery, CancellationToken cancel)
    {
        foreach (var signal in delivery.Events)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(signal.Json) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            await sign(request, signal, cancel);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!response.IsSuccessStatusCode) throw new HttpRequestException($"answered {(int)response.StatusCode}", null, response.StatusCode);
        }
    }

    public void Dispose() => _http.Dispose();
}
