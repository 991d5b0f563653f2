using Quartz;

namespace CredentialBroker.Controls;

/// <summary>Each half minute: notes how new the store is.</summary>
[DisallowConcurrentExecution]
internal sealed class MarkJob(AfterRestore restore, RestoreLog log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await restore.MarkAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.NotMarked(error);
        }
    }
}
