using CredentialBroker.Approvals;
using CredentialBroker.Controls;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>
/// Each ten seconds: looks again at long-running services whose approval is about to end, and extends it where all that
/// carried it still stands. Every replica looks; the guard on the approval's end lets one of them write.
/// </summary>
internal sealed class ReaffirmJob(Reaffirmation reaffirmation, StillGranted stillGranted, Journal journal, RefreshLog log) : LocalJob(log.ReaffirmFailed)
{
    public override Task RunAsync(CancellationToken cancel) => ReaffirmAsync(cancel);

    /// <returns>How many approvals were extended.</returns>
    public async Task<int> ReaffirmAsync(CancellationToken cancel)
    {
        var extended = 0;
        foreach (var approval in await reaffirmation.DueAsync(cancel))
        {
            if (await stillGranted.FindAsync(approval, cancel) is not { } finding) continue;
            var refusal = await journal.CommitAsync(Lane.Issuing,
                [new EpochGuard(finding.Epoch), new TaskGuard(finding.Task), .. reaffirmation.Works(approval, finding.Evidence)]);
            if (refusal is null) extended++;
        }

        return extended;
    }
}
