using System.CommandLine;
using CredentialBroker.Cli.Help;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>From arguments to exit code: parse, run, and put every fault into one line.</summary>
internal static class Entry
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Shell shell)
    {
        try
        {
            return await ParseAndRunAsync(args, shell);
        }
        catch (CommandException error)
        {
            shell.Say($"credbroker: {error.Message}");
            return error.ExitCode;
        }
        catch (BrokerException error)
        {
            foreach (var line in ErrorReport.Lines(error)) shell.Say(line);
            return ExitCodes.Of(error);
        }
        catch (BrokerUnreachableException error)
        {
            shell.Say($"credbroker: unreachable: {error.Message}; check --addr (CREDBROKER_ADDR), --ca-file and that the broker runs");
            return ExitCodes.Unreachable;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            shell.Say($"credbroker: {error.Message}");
            return ExitCodes.Fault;
        }
        catch (OperationCanceledException)
        {
            // Time limits became BrokerUnreachableException; what is left is a person's Ctrl-C or a SIGTERM.
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<int> ParseAndRunAsync(IReadOnlyList<string> args, Shell shell)
    {
        // An argument that begins with @ is an argument, not the name of a file of arguments.
        var parsed = CommandTree.Of(shell).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is not (PrintHelp or PrintVersion) && parsed.Errors.Count > 0) return ParseErrors.Report(parsed, shell);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = shell.Out, Error = shell.Error });
        }
        finally
        {
            await shell.Out.FlushAsync();
        }
    }
}
