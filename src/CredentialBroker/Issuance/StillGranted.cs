using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>What was looked at again about a live workload, and the epoch it was read at.</summary>
internal sealed record LiveFinding(string Evidence, long Epoch, string Task);

/// <summary>
/// Whether an approval's instance lives and would be granted today: it holds an active lease, which it must have claimed
/// or renewed within one credential's life, and policy says yes to renewing it on facts read now.
/// </summary>
internal sealed class StillGranted(LeaseStore leases, WorkloadRecords workloads, FactReader reader, ApprovalStore approvals, TimeProvider clock)
{
    /// <returns>Null when anything of it is not so.</returns>
    public async Task<LiveFinding?> FindAsync(Approval approval, CancellationToken cancel)
    {
        if (await leases.FindActiveUnderAsync(approval.Id, clock.NowMs(), cancel) is not { Lease: var lease } found) return null;
        if (await workloads.FindAsync(lease.WorkloadId, cancel) is not { } workload) return null;
        // Nobody waits for this answer: it is given on rules of this moment, and its commit holds them to it.
        await reader.RefreshAsync(cancel);
        // It is the approval that is asked about: the lease's own longest life is no matter here.
        var facts = await reader.ReadAsync(workload, new Ask(lease.Template, null, null, null), new RenewedLease(lease.Id, found.Instance, approval.Id, long.MaxValue), cancel);
        var task = FactReader.TaskOf(facts);
        if (await approvals.IsTaskEndedAsync(task, cancel)) return null;
        // What was only bent for a while, or passed over, is no ground to go on for longer.
        if (facts is not { Exception: null, External: Verdict.NotAsked or Verdict.Allow } || PolicyRules.Decide(facts) is not Decision.Granted) return null;
        return new LiveFinding(
            $"instance {found.Instance} holds lease {lease.Id} until {DateTimeOffset.FromUnixTimeMilliseconds(lease.EndsAt):yyyy-MM-dd'T'HH:mm:ss'Z'}; template {facts.Template!.Name} revision {facts.Template.Revision} still grants at epoch {facts.Controls.Epoch}",
            facts.Controls.Epoch, task);
    }
}
