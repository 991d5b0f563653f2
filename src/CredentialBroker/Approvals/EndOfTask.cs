using CredentialBroker.Approvals.Moves;
using CredentialBroker.Audit;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>What the end of a task does to approvals, whoever says that it ended.</summary>
internal sealed class EndOfTask(AuditChain chain, TimeProvider clock)
{
    /// <summary>The tombstone, the approvals that are over with it, and the record. The caller adds the ends of its leases.</summary>
    /// <param name="by">Who says so, such as <c>workload:…</c> or <c>source:…</c>; in the record.</param>
    /// <param name="bySource">The approval source that says so, which must have named the task; null for the instance itself or a responder.</param>
    public IReadOnlyList<Work> Works(string task, string by, string? bySource = null) =>
    [
        new TaskEnd(task, by, clock.NowMs()),
        new ApprovalsFinish(task, bySource),
        (AuditEvent.Of(clock, "task.ended", Streams.Control) with { Task = task, Actor = by }).On(chain),
    ];
}
