using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Storage;

/// <summary>Each second: says that this replica lives, and keeps its clock on the database's.</summary>
internal sealed class BeatJob(Heartbeat heartbeat, BeatLog log) : LocalJob(log.Missed)
{
    public override Task RunAsync(CancellationToken cancel) => heartbeat.BeatAsync(cancel);
}

internal sealed class Heartbeat(Store store, Journal journal, BrokerClock clock, TimeProvider machine)
{
    public async Task BeatAsync(CancellationToken cancel)
    {
        await ObserveClockAsync(cancel);
        await WriteAsync(clock.NowMs());
    }

    /// <summary>Reads the database clock between two readings of this machine's.</summary>
    public async Task ObserveClockAsync(CancellationToken cancel)
    {
        var before = machine.GetUtcNow();
        var database = await store.ListAsync(Pool.Control, new Statement(store.Dialect.ReadClock), row => row.GetInt64(0), cancel);
        clock.Observe(before, database[0], machine.GetUtcNow());
    }

    /// <summary>An orderly stop gives claims back at once instead of after the time a dead replica is granted.</summary>
    public Task StopAsync() => WriteAsync(0);

    private async Task WriteAsync(long seenAt) => await journal.CommitAsync(Lane.Control, new PlainWrite(
        "UPDATE journal_writers SET seen_at = @seen WHERE writer = @self", ("seen", seenAt), ("self", journal.Writer)));
}

internal sealed partial class BeatLog(ILogger<BeatLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "A heartbeat was missed; the next one is in a second")]
    public partial void Missed(Exception error);
}
