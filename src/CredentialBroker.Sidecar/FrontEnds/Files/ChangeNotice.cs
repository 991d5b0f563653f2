using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CredentialBroker.Sidecar.FrontEnds.Files;

/// <summary>Runs the command or sends the signal, once for changes that come close together; what goes wrong with it is told and changes nothing.</summary>
internal sealed partial class ChangeNotice(string name, OnChangeOptions options, Say say, TimeProvider clock)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private int _waiting;

    public void Tell()
    {
        if (Interlocked.Exchange(ref _waiting, 1) == 0) _ = TellAsync();
    }

    private async Task TellAsync()
    {
        await Task.Delay(Settle, clock);
        Interlocked.Exchange(ref _waiting, 0);
        try
        {
            if (options.Signal is { } signal) Send(signal);
            else await RunAsync();
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            say.Line($"file {name}: cannot tell of the change: {fault.Message}");
        }
    }

    private void Send(string signal)
    {
        var process = int.Parse(File.ReadAllText(options.PidFile!).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        var number = signal switch { "HUP" => 1, "USR1" => 10, "USR2" => 12, _ => 15 };
        // Nought and one would be everybody, and the first of all processes.
        if (process <= 1 || Kill(process, number) != 0) say.Line($"file {name}: no process {process} takes a signal");
    }

    private async Task RunAsync()
    {
        using var process = Process.Start(new ProcessStartInfo(options.Command[0], options.Command.Skip(1)))!;
        using var limit = new CancellationTokenSource(Limit, clock);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        if (process.ExitCode != 0) say.Line($"file {name}: the command ended with {process.ExitCode}");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
