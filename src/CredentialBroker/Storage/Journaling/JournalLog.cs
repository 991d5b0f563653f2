namespace CredentialBroker.Storage.Journaling;

internal sealed partial class JournalLog(ILogger logger)
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The answer to a commit of {Units} units was lost and the store does not say whether it stands")]
    public partial void CommitLost(int units, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store could not record {Units} units")]
    public partial void StoreUnavailable(int units, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store rejected the data of one unit")]
    public partial void UnitRejected(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reading back a commit in doubt failed; trying again")]
    public partial void ResolveFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "A transaction could not be rolled back; its connection is dropped")]
    public partial void RollbackFailed(Exception error);
}
