using System.Text.Json;
using CredentialBroker.Attestation;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Runtime.Watching;

/// <summary>A workload watches its own leases, so that it drops at once what is not to be used any more.</summary>
internal static class WatchEndpoints
{
    /// <summary>A client that hears nothing for three of these takes the stream for broken.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Longer than this nobody watches on one proof.</summary>
    private const long LongestMs = 15 * 60 * 1000;

    public static void MapWatching(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/workload/events", WatchAsync);

    /// <summary>Server-sent events: how each live lease stands, then every change; ends when the evidence does, or the broker.</summary>
    private static async Task WatchAsync(HttpContext http, WorkloadAttestation attestation, Standings standings, IHostApplicationLifetime broker, TimeProvider clock)
    {
        var attested = await attestation.AttestAsync(Evidence.Of(http, Bearer.Of(http.Request)), http.RequestAborted, now: false);
        if (attested is not Attested.As { Workload: var workload })
        {
            await Problems.Of(((Attested.Refused)attested).Code, null).ExecuteAsync(http);
            return;
        }

        using var watch = standings.Watch(workload.Id);
        if (watch is null)
        {
            await Problems.Of(ReasonCodes.Overloaded, "more watch their leases than are accepted; ask for them one by one", retryAfter: TimeSpan.FromSeconds(30)).ExecuteAsync(http);
            return;
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.Body.FlushAsync(http.RequestAborted);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, broker.ApplicationStopping);
        using var proven = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Clamp(workload.EvidenceExpiresAt - clock.NowMs(), 0, LongestMs)), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, proven.Token);
        while (await NextAsync(watch, clock, either.Token) is { } message)
        {
            await http.Response.WriteAsync(message, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }

    /// <summary>The next event, or a sign of life when there was none for long; null at the end.</summary>
    private static async Task<string?> NextAsync(Watch watch, TimeProvider clock, CancellationToken end)
    {
        using var silence = new CancellationTokenSource(Silence, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, silence.Token);
        try
        {
            return await watch.Changes.WaitToReadAsync(either.Token) && watch.Changes.TryRead(out var standing)
                ? $"event: lease\ndata: {JsonSerializer.Serialize(standing, ProtocolJson.Default.LeaseStanding)}\n\n"
                : null;
        }
        catch (OperationCanceledException)
        {
            return end.IsCancellationRequested ? null : "event: alive\ndata: {}\n\n";
        }
    }
}
