using Quartz;

namespace CredentialBroker.Issuer;

/// <summary>Each second: keys that other replicas made, and keys whose time has come.</summary>
[DisallowConcurrentExecution]
internal sealed class KeyJob(KeyRotation rotation, AuthorityCertificates certificates, KeyLog log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await rotation.RunAsync(cancellationToken);
            await certificates.RefreshAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.Failed(error);
        }
    }
}

internal sealed partial class KeyLog(ILogger<KeyLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refreshing the keys failed; the broker signs with those it has")]
    public partial void Failed(Exception error);
}
