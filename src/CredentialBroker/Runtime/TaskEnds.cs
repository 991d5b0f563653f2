using CredentialBroker.Approvals;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime;

/// <summary>
/// Ends tasks: a tombstone that issuing checks twice, and the leases' ends brought forward, in one commit. An end that
/// arrives before or during issuing is not lost.
/// </summary>
internal sealed class TaskEnds(LeaseStore leases, EndOfTask endOfTask, Journal journal, DueSignal due, TimeProvider clock)
{
    /// <param name="by">Who ended it: a workload, an approval source or an operator.</param>
    /// <returns>How many leases this ended that were not over or ending yet.</returns>
    public async Task<int> EndAsync(string task, string by)
    {
        var now = clock.NowMs();
        var count = await leases.CountOfTaskAsync(task, now);
        await journal.CommitAsync(Lane.Control,
        [
            .. endOfTask.Works(task, by),
            LeaseStore.EndAllOf("task", task, now, Causes.TaskEnd),
        ]);
        due.Ring();
        return count;
    }
}
