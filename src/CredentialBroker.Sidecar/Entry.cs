using System.CommandLine;
using CredentialBroker.Sidecar.Commands;

namespace CredentialBroker.Sidecar;

/// <summary>From arguments to exit code: parse, run, and put every fault into one line.</summary>
internal static class Entry
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Surroundings around)
    {
        try
        {
            // An argument that begins with @ is an argument, not the name of a file of arguments.
            var parsed = CommandTree.Of(around).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            var settings = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = around.Out, Error = around.Error };
            var code = await parsed.InvokeAsync(settings);
            return parsed.Errors.Count > 0 && code == 1 ? ExitCodes.Usage : code;
        }
        catch (CommandException error)
        {
            around.Error.WriteLine($"credbroker-sidecar: {Say.Printable(error.Message)}");
            return error.ExitCode;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            around.Error.WriteLine($"credbroker-sidecar: {Say.Printable(error.Message)}");
            return ExitCodes.Fault;
        }
    }
}
