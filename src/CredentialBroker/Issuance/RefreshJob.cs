using CredentialBroker.Leases;
using Quartz;

namespace CredentialBroker.Issuance;

/// <summary>Each second: sees controls and templates that other replicas changed, and writes down what was counted.</summary>
[DisallowConcurrentExecution]
internal sealed class RefreshJob(Rulebook rulebook, Refusals refusals, LeaseTally tally, RefreshLog log, TimeProvider clock) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await rulebook.RefreshAsync(cancellationToken);
            await refusals.FlushAsync();
            await tally.SampleAsync(Storage.Clocks.NowMs(clock), cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.Failed(error);
        }
    }
}

internal sealed partial class RefreshLog(ILogger<RefreshLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refreshing the rules failed; claims go on under the rules of the epoch they are committed in")]
    public partial void Failed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tidying up failed; the next time is in half a minute")]
    public partial void TidyFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking again at long-running services failed; their approvals end when they were to end")]
    public partial void ReaffirmFailed(Exception error);
}
