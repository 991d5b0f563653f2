using CredentialBroker.Approvals;
using CredentialBroker.Hosting;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Runtime;

/// <summary>Whether all that is known of a task lies within what an operator reaches. Of a task nothing is known but its leases and approvals.</summary>
internal sealed class TaskReach(LeaseStore leases, ApprovalStore approvals)
{
    /// <summary>More than these are not looked through; then it is not told that all of them are covered.</summary>
    private const int Most = 1000;

    public async Task<bool> CoversAsync(OperatorScope scope, string task, CancellationToken cancel)
    {
        if (scope.CoversKnown(dimension => dimension == "task" ? task : null)) return true;
        var itsLeases = await leases.ListAsync(new Selector([new Term("task", Comparison.Is, [task], 0)]), ended: false, before: null, Most, cancel);
        var itsApprovals = await approvals.ListAsync(new ApprovalQuery(Task: task, Limit: Most), cancel);
        return itsLeases.Count + itsApprovals.Count > 0 && itsLeases.Count < Most && itsApprovals.Count < Most
            && itsLeases.TrueForAll(lease => scope.Covers(LeaseDimensions.Of(lease)))
            && itsApprovals.TrueForAll(approval => ApprovalReach.Covers(scope, approval));
    }
}
