using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>Each second: keys that other replicas made, and keys whose time has come.</summary>
internal sealed class KeyJob(KeyRotation rotation, AuthorityCertificates certificates, KeyLog log) : LocalJob(log.Failed)
{
    public override async Task RunAsync(CancellationToken cancel)
    {
        await rotation.RunAsync(cancel);
        await certificates.RefreshAsync(cancel);
    }
}

internal sealed partial class KeyLog(ILogger<KeyLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refreshing the keys failed; the broker signs with those it has")]
    public partial void Failed(Exception error);
}
