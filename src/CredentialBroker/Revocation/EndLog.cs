namespace CredentialBroker.Revocation;

internal sealed partial class EndLog(ILogger<EndLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ending lease {Lease} ({Backend} at {Target}) failed at attempt {Attempt}: {Error}")]
    public partial void EndFailed(string lease, string backend, string target, int attempt, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Lease {Lease} at {Target} is stuck: it is still tried, and its credential may still work")]
    public partial void Stuck(string lease, string target);

    [LoggerMessage(Level = LogLevel.Information, Message = "The result of ending lease {Lease} was not taken: {Code}")]
    public partial void ResultRefused(string lease, string code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The result of ending lease {Lease} waits for the store: {Error}")]
    public partial void ResultWaits(string lease, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The due sweep failed; the next one is in a second")]
    public partial void SweepFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Ending lease {Lease} stopped on an unexpected fault; it is claimed again when this replica restarts")]
    public partial void Unexpected(string lease, Exception error);
}
