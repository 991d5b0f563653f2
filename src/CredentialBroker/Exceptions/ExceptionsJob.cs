using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Storage;

namespace CredentialBroker.Exceptions;

/// <summary>
/// Each second: marks records whose window is over, ends what still rests on them, and raises a finding about break-glass
/// that nobody reviewed. Every replica looks; the guards let one of them write.
/// </summary>
internal sealed class ExceptionsJob(
    ExceptionStore records, ExceptionEvents events, ExceptionOptions options, ExceptionMetrics metrics, ExceptionLog log, Journal journal, DueSignal due, TimeProvider clock) : LocalJob(log.SweepFailed)
{
    public override async Task RunAsync(CancellationToken cancel)
    {
        foreach (var record in await records.ListOverAsync(cancel))
        {
            var now = clock.NowMs();
            if (await journal.CommitAsync(Lane.Control,
                [new EpochBump(), .. ExceptionMoves.Over(record, now), LeaseMarks.EndAllUnder(record.Id, now), events.Told(record, "ended", null, cause: "window_over")]) is not null) continue;
            metrics.Over();
            due.Ring();
        }

        foreach (var record in await records.ListUnreviewedAsync(options.BreakGlass.ReviewWithin, cancel))
        {
            if (await journal.CommitAsync(Lane.Control,
                [.. ExceptionMoves.Flag(record, clock.NowMs()), events.Told(record, "review_overdue", null, cause: "locked")]) is not null) continue;
            metrics.BreakGlass("review_overdue");
            log.Unreviewed(record.Id, record.RequestedBy, record.Templates[0]);
        }
    }
}
