using CredentialBroker.Leases;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>Each second: sees controls and templates that other replicas changed, and writes down what was counted.</summary>
internal sealed class RefreshJob(Rulebook rulebook, Refusals refusals, LeaseTally tally, RefreshLog log, TimeProvider clock) : LocalJob(log.Failed)
{
    public override async Task RunAsync(CancellationToken cancel)
    {
        await rulebook.RefreshAsync(cancel);
        await refusals.FlushAsync();
        await tally.SampleAsync(Storage.Clocks.NowMs(clock), cancel);
    }
}

internal sealed partial class RefreshLog(ILogger<RefreshLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refreshing the rules failed; claims go on under the rules of the epoch they are committed in")]
    public partial void Failed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tidying up failed; the next time is in half a minute")]
    public partial void TidyFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Judging again what waits for policy failed; the next time is in a second")]
    public partial void RecheckFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Judging live leases again failed; they end when they were to end")]
    public partial void ReevaluationFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking again at long-running services failed; their approvals end when they were to end")]
    public partial void ReaffirmFailed(Exception error);
}
