using Quartz;

namespace CredentialBroker.Revocation;

/// <summary>The clock of revocation: each second, and at once when rung. One run at a time on a replica.</summary>
[DisallowConcurrentExecution]
internal sealed class EndDueJob(DueSweep sweep, EndLog log) : IJob
{
    public static readonly JobKey Key = new("end-due");

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            while (await sweep.RunAsync(cancellationToken) > 0) { }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.SweepFailed(error);
        }
    }
}
