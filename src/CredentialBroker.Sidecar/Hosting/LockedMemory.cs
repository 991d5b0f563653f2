using System.Runtime.InteropServices;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>
/// Keeps what is in memory out of swap, core dumps and other processes' sight, as far as the system lets a process without
/// privileges. What cannot be had is told once at the start, and the sidecar goes on.
/// </summary>
internal static partial class LockedMemory
{
    private const int LockCurrent = 1, LockFuture = 2, LockOnFault = 4;
    private const int SetDumpable = 4;
    private const int CoreLimit = 4;

    private static bool s_whole;
    private static int s_refused;

    /// <summary>Locks the whole process where that is allowed, and forbids core dumps and tracing. What came of it, for the log.</summary>
    public static string Close()
    {
        if (!OperatingSystem.IsLinux()) return "memory: not locked on this system";
        var none = default(ResourceLimit);
        var undumpable = Control(SetDumpable, 0, 0, 0, 0) == 0 & SetLimit(CoreLimit, in none) == 0;
        CloseDiagnostics();
        s_whole = LockAll(LockCurrent | LockFuture | LockOnFault) == 0;
        return $"memory: {(s_whole ? "locked" : "credentials alone are locked")}; {(undumpable ? "no core dumps, no tracing" : "core dumps could not be forbidden")}";
    }

    /// <summary>The runtime's own door for debuggers and profilers: without its name nobody finds in.</summary>
    private static void CloseDiagnostics()
    {
        foreach (var door in Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{Environment.ProcessId}-*")) File.Delete(door);
    }

    /// <summary>Locks the pages of a pinned array.</summary>
    public static void Lock(byte[] pinned)
    {
        if (s_whole || pinned.Length == 0 || !OperatingSystem.IsLinux()) return;
        if (LockPages(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), (nuint)pinned.Length) != 0) Interlocked.Increment(ref s_refused);
    }

    /// <summary>How many credentials the system refused to lock, because more is locked already than it allows.</summary>
    public static int Refused => s_refused;

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public nuint Current;
        public nuint Largest;
    }

    [LibraryImport("libc", EntryPoint = "mlock")]
    private static partial int LockPages(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mlockall")]
    private static partial int LockAll(int flags);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in ResourceLimit limit);
}
