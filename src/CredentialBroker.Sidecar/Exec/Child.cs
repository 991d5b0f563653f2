using System.ComponentModel;
using System.Diagnostics;

namespace CredentialBroker.Sidecar.Exec;

/// <summary>The program that the credentials are for: shares terminal and streams, gets our signals, and gives its exit code.</summary>
internal static class Child
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs the program to its end.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">What is added to this process's environment.</param>
    /// <param name="signals">Are the child's while it runs.</param>
    /// <param name="clock">For the half minute after which SIGKILL follows SIGTERM.</param>
    /// <param name="end">Ends it: with SIGTERM.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, Signals signals, TimeProvider clock, CancellationToken end)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1));
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Start(start);
        signals.PassTo(process);
        try
        {
            await process.WaitForExitAsync(end);
        }
        catch (OperationCanceledException)
        {
            Signals.Send(process, 15);
            using var patience = new CancellationTokenSource(Patience, clock);
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return process.ExitCode;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            const int NoSuchFile = 2;
            throw new CommandException(fault.NativeErrorCode == NoSuchFile ? ExitCodes.CommandNotFound : ExitCodes.CannotExecute, $"{start.FileName}: {fault.Message}", fault);
        }
    }
}
