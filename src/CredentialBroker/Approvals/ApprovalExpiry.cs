using CredentialBroker.Approvals.Moves;
using CredentialBroker.Audit;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>Sweeps up what is over: approvals past their time, and event ids whose signature can no longer be accepted.</summary>
internal sealed class ApprovalExpiry(ApprovalStore approvals, Journal journal, AuditChain chain, TimeProvider clock)
{
    private const int Page = 500;

    /// <summary>One page of the sweep.</summary>
    /// <returns>How many approvals were marked; a full page means that there may be more.</returns>
    public async Task<int> ExpireAsync(long now, CancellationToken cancel)
    {
        await journal.CommitAsync(Lane.Issuing, new PlainWrite("DELETE FROM approval_events WHERE expires_at <= @now", ("now", now))
        {
            LockNames = ["approval sweep"],
        });
        var over = await approvals.ListOverAsync(now, Page, cancel);
        if (over.Count == 0) return 0;
        var refusal = await journal.CommitAsync(Lane.Issuing,
            new ApprovalsExpire(over, now),
            (AuditEvent.Of(clock, "approval.expired", Streams.Control) with { Count = over.Count }).On(chain));

        // Another replica swept, or a source spoke meanwhile: the next sweep sees what is left.
        return refusal is null ? over.Count : 0;
    }
}
