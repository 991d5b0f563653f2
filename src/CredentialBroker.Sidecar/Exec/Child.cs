using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CredentialBroker.Sidecar.Exec;

/// <summary>The program that the credentials are for: shares terminal and streams, gets our signals, and gives its exit code.</summary>
internal static partial class Child
{
    /// <summary>By the numbers of Linux: those that mean something to a program and may be caught.</summary>
    private static readonly (PosixSignal Signal, int Number, bool FromTerminal)[] Forwarded =
    [
        (PosixSignal.SIGTERM, 15, false), (PosixSignal.SIGHUP, 1, false), (PosixSignal.SIGINT, 2, true), (PosixSignal.SIGQUIT, 3, true), ((PosixSignal)10, 10, false), ((PosixSignal)12, 12, false),
    ];

    /// <summary>Runs the program to its end.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">What is added to this process's environment.</param>
    /// <param name="clock">For the half minute after which SIGKILL follows SIGTERM.</param>
    /// <param name="end">Ends it: with SIGTERM.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, TimeProvider clock, CancellationToken end)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1));
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Start(start);
        var registered = Forwarded.Select(forward => PosixSignalRegistration.Create(forward.Signal, signal =>
        {
            signal.Cancel = true;
            // A terminal sends these to all of its foreground processes: the child has it already.
            if (!forward.FromTerminal || Console.IsInputRedirected) Signal(process, forward.Number);
        })).ToList();
        try
        {
            try
            {
                await process.WaitForExitAsync(end);
            }
            catch (OperationCanceledException)
            {
                Signal(process, 15);
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), clock);
                await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!process.HasExited) process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }

            return process.ExitCode;
        }
        finally
        {
            foreach (var one in registered) one.Dispose();
        }
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

    /// <summary>One that has just ended gets no signal, and needs none.</summary>
    private static void Signal(Process process, int number) => _ = Send(process.Id, number);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
