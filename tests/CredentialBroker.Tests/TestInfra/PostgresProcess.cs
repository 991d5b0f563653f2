using System.Diagnostics;

namespace CredentialBroker.TestInfra;

/// <summary>
/// The postmaster as a direct child of this process. It asks the kernel for SIGQUIT (PostgreSQL's immediate shutdown) when
/// its parent dies. Linux means the parent <em>thread</em>, and pool threads come and go: so a thread of its own starts
/// the child and waits for its end.
/// </summary>
internal sealed class PostgresProcess
{
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private PostgresProcess(Process process) => _process = process;

    public Task Exited => _exited.Task;

    public static PostgresProcess Start(IReadOnlyList<string> command, string logFile)
    {
        // The shell only opens the log and then becomes the server, so that no output passes through the tests.
        var start = PostgresPrograms.StartInfo(
            ["/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", logFile, .. PostgresPrograms.AsUser("--pdeathsig=QUIT"), .. command]);
        var started = new TaskCompletionSource<PostgresProcess>();
        var parent = new Thread(() => Parent(start, started)) { IsBackground = true, Name = "parent of postgres" };
        parent.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    /// <summary>The last resort: SIGKILL to the postmaster. Its children notice and end.</summary>
    public async Task KillAsync()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It is gone already.
        }

        await Exited;
    }

    private static void Parent(ProcessStartInfo start, TaskCompletionSource<PostgresProcess> started)
    {
        PostgresProcess child;
        try
        {
            child = new PostgresProcess(Process.Start(start)!);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            started.SetException(e);
            return;
        }

        started.SetResult(child);
        child._process.WaitForExit();
        child._exited.SetResult();
    }
}
