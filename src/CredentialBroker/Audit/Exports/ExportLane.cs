using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Exports;

/// <summary>Where an export takes its next delivery from.</summary>
/// <param name="Oldest">Where one that is new begins.</param>
/// <param name="Newest">How far there is something.</param>
/// <param name="NextAsync">What comes at a position, bounded in size.</param>
internal sealed record ExportStretch(long Oldest, long Newest, Func<long, CancellationToken, Task<Delivery>> NextAsync);

/// <summary>
/// One export on its way: delivers, then moves its place, then goes on. Killed between the two, it delivers the same
/// records again; each bears its id. What fails is tried again later, and nothing else waits for it.
/// </summary>
internal sealed class ExportLane(string name, IAuditSink sink, ExportCursors cursors, ExportLog log, TimeProvider clock)
{
    private const long LongestPauseMs = 5 * 60_000;

    private int _failures;
    private long _notBefore;

    public string Name => name;

    /// <summary>Records, or checkpoints' records, that are not delivered yet.</summary>
    public long Lag { get; private set; }

    /// <summary>What the last attempt failed with; null when it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Delivers what there is.</summary>
    public async Task RunAsync(ExportStretch stretch, CancellationToken cancel)
    {
        if (clock.NowMs() < _notBefore) return;
        try
        {
            var found = await cursors.FindAsync(name, cancel);
            Lag = stretch.Newest - (found?.Position ?? stretch.Oldest);
            if (Lag <= 0 || found is { Taken: true }) return;
            if (await cursors.TakeAsync(name, stretch.Oldest) is not { } at) return;
            // Records that were dropped before they were wanted are not coming back.
            while (at < stretch.Newest)
            {
                var delivery = await stretch.NextAsync(Math.Max(at, stretch.Oldest), cancel);
                await sink.DeliverAsync(delivery, cancel);
                if (!await cursors.MoveAsync(name, at, delivery.To)) return;
                at = delivery.To;
                Lag = stretch.Newest - at;
                (_failures, Failure) = (0, null);
            }
        }
        catch (Exception fault) when (!cancel.IsCancellationRequested)
        {
            _failures++;
            Failure = fault.Message;
            _notBefore = clock.NowMs() + Math.Min(LongestPauseMs, 1000L << Math.Min(_failures - 1, 20));
            // Told at the first failure and then now and then: a receiver that is down for a day must not fill the log.
            if (_failures == 1 || _failures % 20 == 0) log.Failed(name, _failures, fault);
        }
    }
}

internal sealed partial class ExportLog(ILogger<ExportLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Export {Name} failed at attempt {Attempt}; it is tried again, and no record is dropped before it was delivered")]
    public partial void Failed(string name, int attempt, Exception error);
}
