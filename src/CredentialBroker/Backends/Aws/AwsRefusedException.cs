using System.Globalization;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>What AWS refused, by the code it gives; its words may quote anything and stay behind.</summary>
internal sealed class AwsRefusedException(string error, int status, string doing) : Exception($"{doing} was refused")
{
    private static readonly HashSet<string> TooMuch = ["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "RequestThrottled", "SlowDown"];

    /// <summary>The code that AWS documents, such as <c>AccessDenied</c>.</summary>
    public string Error { get; } = error;

    public bool IsGone => Error is "NoSuchEntity" or "NoSuchEntityException";

    public bool IsDenied => Error is "AccessDenied" or "AccessDeniedException" or "UnauthorizedOperation";

    public bool IsFull => Error is "LimitExceeded" or "LimitExceededException";

    /// <summary>Over and above its own fault: AWS works and says no, which is no reason to leave it alone.</summary>
    private bool IsDown => status >= 500 || TooMuch.Contains(Error);

    public BackendException ToBackend(string code)
    {
        // Codes are words; anything else did not come from AWS.
        var told = Error.Length <= 64 && Error.All(char.IsAsciiLetterOrDigit) ? Error : "an unknown error";
        var detail = string.Create(CultureInfo.InvariantCulture, $"{doing} failed with status {status}: {told}");
        return new BackendException(AwsBackend.Word, IsDown ? ReasonCodes.TargetUnavailable : IsFull ? ReasonCodes.TargetOverloaded : code, detail, transient: IsDown);
    }
}
