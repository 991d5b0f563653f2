using System.CommandLine;
using CredentialBroker.Node.Commands;

namespace CredentialBroker.Node;

/// <summary>From arguments to exit code: parse, run, and put every fault into one line.</summary>
internal static class Entry
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter to, TextWriter error, TimeProvider clock)
    {
        try
        {
            var root = new RootCommand("On a container host: decides what the engine may do, gets every run approved, says which container asks, and tells the broker when one is over.")
            {
                new ServeCommand(to, error, clock),
                new CheckCommand(to, error, clock),
            };
            root.Directives.Clear();
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = to, Error = error });
            return parsed.Errors.Count > 0 && code == 1 ? ExitCodes.Usage : code;
        }
        catch (CommandException fault)
        {
            error.WriteLine($"credbroker-node: {Say.Printable(fault.Message)}");
            return fault.ExitCode;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"credbroker-node: {Say.Printable(fault.Message)}");
            return ExitCodes.Fault;
        }
    }
}
