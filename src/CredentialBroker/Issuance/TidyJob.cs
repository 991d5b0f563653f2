using CredentialBroker.Approvals;
using CredentialBroker.Issuance.Velocities;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>Each half minute: marks approvals that are past their time, and forgets what can no longer be replayed.</summary>
internal sealed class TidyJob(ApprovalExpiry approvals, Journal journal, RefreshLog log, TimeProvider clock) : LocalJob(log.TidyFailed)
{
    /// <summary>A process start whose heartbeat is this old is not coming back, and holds no claim.</summary>
    private const long WriterKeptMs = 24 * 3_600_000;

    public override async Task RunAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        while (await approvals.ExpireAsync(now, cancel) > 0) { }
        await journal.CommitAsync(Lane.Issuing,
            VelocityUse.Forget(now),
            new PlainWrite("DELETE FROM evidence_uses WHERE expires_at < @late", ("late", now - 120_000)) { LockNames = ["tidy"] },
            new PlainWrite("DELETE FROM journal_writers WHERE seen_at < @late", ("late", now - WriterKeptMs)));
    }
}
