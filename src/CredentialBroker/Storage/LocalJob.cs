using Quartz;

namespace CredentialBroker.Storage;

/// <summary>What a replica does again and again, one run at a time. A fault is told and is no reason to stop: the next time comes.</summary>
/// <param name="told">Logs a fault in the words of the job.</param>
[DisallowConcurrentExecution]
internal abstract class LocalJob(Action<Exception> told) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            told(error);
        }
    }

    public abstract Task RunAsync(CancellationToken cancel);
}
