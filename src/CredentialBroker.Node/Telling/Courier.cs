using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Trust;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Telling;

/// <summary>Brings what waits to the broker, as soon as it waits and until it arrived, and tells in every beat that the host is there.</summary>
internal sealed class Courier(Spool spool, Ledger ledger, Link link, HostTrust trust, BrokerOptions options, Say say, TimeProvider clock)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(10);
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool _isReached = true;

    /// <summary>Something waits.</summary>
    public void Ring() => _bell.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancel)
    {
        var wait = Shortest;
        var beat = clock.GetUtcNow();
        EngineStanding? told = null;
        while (!cancel.IsCancellationRequested)
        {
            if (!spool.IsFull) foreach (var report in ledger.Take()) spool.AddReport(report);
            var arrived = await DeliverAsync(cancel);
            // How the engine stands is told when it changes: until then nothing is approved here, or too much.
            var standing = trust.Standing;
            if (arrived && (clock.GetUtcNow() >= beat || standing != told))
            {
                arrived = await BeatAsync(cancel);
                beat = clock.GetUtcNow() + options.Beat;
                if (arrived) told = standing;
            }

            wait = arrived ? Shortest : TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, Longest.Ticks));
            await RestAsync(arrived ? TimeSpan.FromSeconds(1) : wait, cancel);
        }
    }

    /// <summary>Until something waits, or the time is over.</summary>
    private async Task RestAsync(TimeSpan longest, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(longest);
        await ((Task)_bell.Reader.WaitToReadAsync(limit.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _bell.Reader.TryRead(out _);
    }

    /// <summary>False when the broker could not be reached, and the rest has to wait.</summary>
    public async Task<bool> DeliverAsync(CancellationToken cancel)
    {
        foreach (var waiting in spool.All())
        {
            if (!await TryAsync(waiting, cancel)) return false;
        }

        return true;
    }

    private async Task<bool> TryAsync(Waiting waiting, CancellationToken cancel)
    {
        try
        {
            if (waiting.IsEnd) await link.EndAsync(waiting.Id, waiting.Text(), cancel);
            else await link.ReportAsync(JsonSerializer.Deserialize(waiting.Text(), ProtocolJson.Default.HostReport)! with { Id = waiting.Id, Engine = trust.Standing }, cancel);
            spool.Done(waiting);
            Reached(null);
            return true;
        }
        catch (BrokerException no) when (no.Status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge)
        {
            // It will never be taken; what comes after it must be.
            say.Line($"the broker does not take {waiting.Id}: {no.Problem?.Code}: {no.Message}");
            spool.Done(waiting);
            return true;
        }
        catch (Exception fault) when (fault is BrokerException or BrokerUnreachableException)
        {
            Reached(fault.Message);
            return false;
        }
        catch (JsonException)
        {
            say.Line($"{waiting.File} holds no report; it is left out");
            spool.Done(waiting);
            return true;
        }
    }

    private async Task<bool> BeatAsync(CancellationToken cancel)
    {
        try
        {
            await link.ReportAsync(ledger.Beat(), cancel);
            Reached(null);
            return true;
        }
        catch (Exception fault) when (fault is BrokerException or BrokerUnreachableException)
        {
            Reached(fault.Message);
            return false;
        }
    }

    /// <summary>Told when it changes, and not at every attempt.</summary>
    private void Reached(string? fault)
    {
        if (_isReached == fault is null) return;
        _isReached = fault is null;
        say.Line(fault is null ? "the broker is reached again" : $"the broker is not reached: {fault}");
    }
}
