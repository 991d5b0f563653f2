using CredentialBroker.Approvals;
using CredentialBroker.Controls;
using CredentialBroker.Storage.Journaling;
using Quartz;

namespace CredentialBroker.Issuance;

/// <summary>
/// Each ten seconds: looks again at long-running services whose approval is about to end, and extends it where all that
/// carried it still stands. Every replica looks; the guard on the approval's end lets one of them write.
/// </summary>
[DisallowConcurrentExecution]
internal sealed class ReaffirmJob(Reaffirmation reaffirmation, StillGranted stillGranted, Journal journal, RefreshLog log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.ReaffirmFailed(error);
        }
    }

    /// <returns>How many approvals were extended.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
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
