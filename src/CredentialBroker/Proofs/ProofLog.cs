namespace CredentialBroker.Proofs;

internal sealed partial class ProofLog(ILogger<ProofLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Error, Message = "The credential of canary lease {Lease} is still honoured by {Backend}/{Target} {Took} ms after its end was asked for, which is later than expected: what is revoked there may live on")]
    public partial void Outlived(string lease, string backend, string target, long took);

    [LoggerMessage(Level = LogLevel.Error, Message = "The credential of canary lease {Lease} was not seen refused by {Backend}/{Target} a minute after it should have died by itself")]
    public partial void NeverRefused(string lease, string backend, string target);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A canary of template {Template} was not made: {Code}, {Detail}")]
    public partial void NotMade(string template, string code, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A canary of template {Template} was made, and its credential was not honoured")]
    public partial void NotHonoured(string template);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A canary failed; it is tried again with the next round")]
    public partial void Failed(Exception error);
}
