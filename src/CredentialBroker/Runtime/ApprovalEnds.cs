using CredentialBroker.Approvals;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime;

/// <summary>What a withdrawn approval or a finished task means for leases, in the commit that records it.</summary>
internal sealed class ApprovalEnds(DueSignal due, TimeProvider clock)
{
    public IReadOnlyList<Work> Alongside(ApprovalArrived arrived) => arrived switch
    {
        { Effect: "withdrawn" or "denied", ApprovalId: { } approval } => [LeaseStore.EndAllOf("approval_id", approval, clock.NowMs(), Causes.ApprovalWithdrawn)],
        { Effect: "task_finished", Task: { } task } => [LeaseStore.EndAllOf("task", task, clock.NowMs(), Causes.TaskEnd)],
        { Effect: "image_refused", Image: { } digest } => [LeaseStore.EndAllOfImage(arrived.Source, digest, clock.NowMs(), Causes.ApprovalWithdrawn)],
        _ => [],
    };

    public void Arrived() => due.Ring();
}
