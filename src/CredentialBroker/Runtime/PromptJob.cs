using CredentialBroker.Approvals.GitHub;
using Quartz;

namespace CredentialBroker.Runtime;

/// <summary>Each second: looks into what webhooks only prompted, and ends the leases of what that finds over.</summary>
[DisallowConcurrentExecution]
internal sealed class PromptJob(PromptSweep sweep, ApprovalEnds ends, PromptLog log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            while (await sweep.RunAsync(ends.Alongside, ends.Arrived, cancellationToken)) { }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.SweepFailed(error);
        }
    }
}
