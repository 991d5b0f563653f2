using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>Credentials are written to memory only: tmpfs or ramfs, unless the configuration says in so many words that a disk will do.</summary>
internal static class MemoryFolder
{
    public static void Demand(Mistakes mistakes, string key, string? path, bool onDisk)
    {
        mistakes.DemandPath(path, key);
        if (path is not { Length: > 1 } || path[0] != '/' || onDisk) return;
        mistakes.Demand(IsMemory(path), key, $"{path} is not in memory (tmpfs); mount an emptyDir with medium Memory, use /dev/shm or /run, or set OnDisk");
    }

    /// <summary>Whether the nearest folder that exists lies in memory.</summary>
    public static bool IsMemory(string path)
    {
        var folder = path;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent) folder = parent;
        try
        {
            return new DriveInfo(folder).DriveFormat is "tmpfs" or "ramfs";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
