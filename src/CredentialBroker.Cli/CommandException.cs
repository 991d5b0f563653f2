namespace CredentialBroker.Cli;

/// <summary>Ends a command with one clear line on stderr and an exit code.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException Usage(string message) => new(ExitCodes.Usage, message);

    public static CommandException Fault(string message, Exception? cause = null) => new(ExitCodes.Fault, message, cause);
}
