using System.Threading.Channels;
using CredentialBroker.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>
/// Lists a kind and follows its changes. A stream that breaks is taken up where it broke; a version that is too old, a change
/// that could not be applied, and ten minutes gone by are reasons to list anew.
/// </summary>
internal sealed class KindLoop(ClusterClient client, IClusterChanges changes, KindLog log, TimeProvider clock)
{
    private const int MostWaiting = 4096, MostAtOnce = 500;

    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ListAnew = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200), Longest = TimeSpan.FromSeconds(20);

    public async Task RunAsync(CancellationToken cancel)
    {
        var pause = Shortest;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var version = await ListAsync(cancel);
                pause = Shortest;
                await FollowAsync(version, cancel);
                continue;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (ClusterException fault) when (fault.Expired)
            {
                // The server forgot what we last saw, as it may.
                continue;
            }
            catch (Exception fault)
            {
                log.BrokeOff(client.Name, changes.Kind.Resource, fault is ClusterException told ? told.Detail : fault.GetType().Name);
            }

            await Task.Delay(pause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < Longest ? pause * 2 : Longest;
        }
    }

    private async Task<string> ListAsync(CancellationToken cancel)
    {
        await changes.BeginAsync(cancel);
        var version = "";
        await foreach (var page in client.ListAsync(changes.Kind, cancel))
        {
            version = page.Version;
            await changes.ListedAsync(page.Items, cancel);
        }

        await changes.CompleteAsync(cancel);
        return version;
    }

    private async Task FollowAsync(string version, CancellationToken cancel)
    {
        var waiting = Channel.CreateBounded<WatchEvent>(MostWaiting);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var applying = ApplyAsync(waiting.Reader, both);
        try
        {
            await ReadAsync(version, waiting.Writer, both.Token);
        }
        catch (OperationCanceledException) when (applying.IsFaulted)
        {
            // What went wrong there is told below.
        }
        finally
        {
            waiting.Writer.TryComplete();
        }

        await applying;
    }

    private async Task ReadAsync(string version, ChannelWriter<WatchEvent> waiting, CancellationToken cancel)
    {
        var (until, pause) = (clock.GetUtcNow() + ListAnew, Shortest);
        while (clock.GetUtcNow() < until)
        {
            var (begun, heard) = (clock.GetTimestamp(), false);
            try
            {
                await foreach (var change in client.WatchAsync(changes.Kind, version, cancel))
                {
                    (version, heard) = (change.Version, true);
                    if (change.Kind != ChangeKind.Bookmark) await waiting.WriteAsync(change, cancel);
                }
            }
            catch (ClusterException fault) when (fault is { Expired: false, Status: 0 })
            {
                log.BrokeOff(client.Name, changes.Kind.Resource, fault.Detail);
            }

            // A stream that told something, or stood for a while in a quiet cluster, was none that failed.
            pause = heard || clock.GetElapsedTime(begun) > Lasting ? Shortest : pause * 2 < Longest ? pause * 2 : Longest;
            await Task.Delay(pause, clock, cancel);
        }
    }

    /// <summary>Applies what waits, all of it at once: while one lot is written the next gathers.</summary>
    private async Task ApplyAsync(ChannelReader<WatchEvent> waiting, CancellationTokenSource both)
    {
        try
        {
            while (await waiting.WaitToReadAsync(both.Token))
            {
                var lot = new List<WatchEvent>();
                while (lot.Count < MostAtOnce && waiting.TryRead(out var change)) lot.Add(change);
                await changes.ChangedAsync(lot, both.Token);
            }
        }
        catch
        {
            await both.CancelAsync();
            throw;
        }
    }
}

internal sealed partial class KindLog(ILogger<KindLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cluster {Cluster}: watching {Resource} broke off: {Detail}; it is taken up again")]
    public partial void BrokeOff(string cluster, string resource, string detail);
}
