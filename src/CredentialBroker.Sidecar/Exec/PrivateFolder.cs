using CredentialBroker.Sidecar.FrontEnds;

namespace CredentialBroker.Sidecar.Exec;

/// <summary>A folder in memory for one run, its owner's alone, that goes with it.</summary>
internal sealed class PrivateFolder : IDisposable
{
    public PrivateFolder(Surroundings around)
    {
        var parent = new[] { around.Variable("XDG_RUNTIME_DIR"), "/dev/shm", "/run" }.OfType<string>().FirstOrDefault(IsUsable)
            ?? throw CommandException.Fault("there is no folder in memory to write to: XDG_RUNTIME_DIR, /dev/shm or /run");
        Path = System.IO.Path.Combine(parent, $"credbroker-{Protocol.Ids.New(around.Clock)}");
        Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }

    private static bool IsUsable(string folder)
    {
        if (!Directory.Exists(folder) || !MemoryFolder.IsMemory(folder)) return false;
        var probe = System.IO.Path.Combine(folder, $".credbroker-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
