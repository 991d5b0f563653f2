using CredentialBroker.Approvals;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using Quartz;

namespace CredentialBroker.Issuance;

/// <summary>Each half minute: marks approvals that are past their time, and forgets what can no longer be replayed.</summary>
[DisallowConcurrentExecution]
internal sealed class TidyJob(ApprovalExpiry approvals, Journal journal, RefreshLog log, TimeProvider clock) : IJob
{
    /// <summary>A process start whose heartbeat is this old is not coming back, and holds no claim.</summary>
    private const long WriterKeptMs = 24 * 3_600_000;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var now = clock.NowMs();
            while (await approvals.ExpireAsync(now, cancellationToken) > 0) { }
            await journal.CommitAsync(Lane.Issuing,
                new PlainWrite("DELETE FROM evidence_uses WHERE expires_at < @late", ("late", now - 120_000)) { LockNames = ["tidy"] },
                new PlainWrite("DELETE FROM journal_writers WHERE seen_at < @late", ("late", now - WriterKeptMs)));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.TidyFailed(error);
        }
    }
}
