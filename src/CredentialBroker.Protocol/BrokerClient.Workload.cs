using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CredentialBroker.Protocol.Workload;

namespace CredentialBroker.Protocol;

// What a workload is told of its own leases.
public sealed partial class BrokerClient
{
    /// <summary>Longest silence in the stream; the broker says something each 15 seconds.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(45);

    /// <summary>
    /// Watches the workload's leases: how each stands, at once and at every change. Ends when the broker ends the stream,
    /// which it does before the evidence expires: prove anew and watch again.
    /// </summary>
    /// <param name="opened">Called when the stream is open. What was over by then is not in it: who holds a lease asks for it now.</param>
    /// <param name="cancel">Ends the watch.</param>
    public async IAsyncEnumerable<LeaseStanding> WatchLeasesAsync(Func<Task> opened, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(opened);
        var request = Request(HttpMethod.Get, "/v1/workload/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var response = await _exchange.OpenAsync(request, cancel);
        await opened();
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // An empty event is a sign of life, and nothing more.
        await using var events = SseParser.Create(body, (type, data) => type == "lease" ? JsonSerializer.Deserialize(data, ProtocolJson.Default.LeaseStanding) : null).EnumerateAsync(silence.Token).GetAsyncEnumerator(silence.Token);
        while (await NextAsync())
        {
            if (events.Current.Data is { } standing) yield return standing;
        }

        Task<bool> NextAsync() => _exchange.ReachAsync(async () =>
        {
            silence.CancelAfter(LongestSilence);
            try
            {
                return await events.MoveNextAsync();
            }
            catch (JsonException fault)
            {
                throw new BrokerException(response.StatusCode, $"an event is no {nameof(LeaseStanding)}: {fault.Message}", fault);
            }
        }, cancel);
    }
}
