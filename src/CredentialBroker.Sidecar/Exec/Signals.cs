using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CredentialBroker.Sidecar.Exec;

/// <summary>
/// The signals that ask for something. While there is a child they are the child's; without one, SIGTERM and SIGINT ask to
/// stop, and what is to be ended first is ended first.
/// </summary>
internal sealed partial class Signals : IDisposable
{
    /// <summary>By the numbers of Linux: those that mean something to a program and may be caught.</summary>
    private static readonly (PosixSignal Signal, int Number)[] Known = [(PosixSignal.SIGTERM, 15), (PosixSignal.SIGINT, 2), (PosixSignal.SIGHUP, 1), (PosixSignal.SIGQUIT, 3), ((PosixSignal)10, 10), ((PosixSignal)12, 12)];

    private readonly CancellationTokenSource _stop;
    private readonly PosixSignalRegistration[] _registered;
    private volatile Process? _child;

    public Signals(CancellationToken cancel)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _registered = [.. Known.Select(known => PosixSignalRegistration.Create(known.Signal, signal => Take(signal, known.Number)))];
    }

    /// <summary>Somebody asked to stop, and there is no child to be asked.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>From now on they are this process's.</summary>
    public void PassTo(Process child) => _child = child;

    /// <summary>One that has just ended gets no signal, and needs none.</summary>
    public static void Send(Process process, int number) => _ = Kill(process.Id, number);

    public void Dispose()
    {
        foreach (var one in _registered) one.Dispose();
        _stop.Dispose();
    }

    private void Take(PosixSignalContext signal, int number)
    {
        signal.Cancel = true;
        if (_child is { } child)
        {
            // A terminal sends these to all of its foreground processes: the child has it already.
            if (number is not (2 or 3) || Console.IsInputRedirected) Send(child, number);
        }
        else if (number is 15 or 2) _stop.CancelAsync();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
