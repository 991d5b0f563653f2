using System.Net;
using CredentialBroker.Protocol;

namespace CredentialBroker.Sidecar;

/// <summary>What the exit code of every command means; those of <c>credbroker</c>, and a shell's own for a child that cannot start.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Fault = 1;
    public const int Usage = 2;
    public const int Denied = 3;
    public const int Unreachable = 4;
    public const int CannotExecute = 126;
    public const int CommandNotFound = 127;

    /// <summary>By the reason why nothing is held.</summary>
    /// <param name="passing">Whether trying again may help without anybody deciding otherwise.</param>
    public static int Of(bool passing) => passing ? Unreachable : Denied;

    /// <summary>Whether an answer of the broker says that it cannot serve now, rather than no.</summary>
    public static bool IsPassing(HttpStatusCode status) => status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;
}

/// <summary>Ends a command with one line on stderr and an exit code.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException Usage(string message) => new(ExitCodes.Usage, message);

    public static CommandException Fault(string message, Exception? cause = null) => new(ExitCodes.Fault, message, cause);
}
