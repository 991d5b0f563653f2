using Quartz;

namespace CredentialBroker.Backends.Aws;

/// <summary>Every few seconds: tends what roles deny.</summary>
[DisallowConcurrentExecution]
internal sealed class AwsJob(AwsTending tending, AwsLog log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await tending.RunAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.Broke(error);
        }
    }
}
