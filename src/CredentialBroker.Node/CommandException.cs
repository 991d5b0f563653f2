namespace CredentialBroker.Node;

/// <summary>What the exit code of every command means; those of <c>credbroker</c>.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Fault = 1;
    public const int Usage = 2;
    public const int Denied = 3;
    public const int Unreachable = 4;
}

/// <summary>Ends a command with one line on stderr and an exit code.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException Usage(string message) => new(ExitCodes.Usage, message);

    public static CommandException Fault(string message, Exception? cause = null) => new(ExitCodes.Fault, message, cause);
}
