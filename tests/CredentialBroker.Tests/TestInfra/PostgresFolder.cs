namespace CredentialBroker.TestInfra;

/// <summary>
/// A temporary folder with a lock file beside it. The kernel drops the lock when this process dies however it dies, so
/// that the next test run can tell a folder that was left behind from one in use, and remove it.
/// </summary>
internal sealed class PostgresFolder : IDisposable
{
    private const string Prefix = "cb-postgres-";
    private readonly FileStream _lock;

    private PostgresFolder(string path, FileStream heldLock) => (Path, _lock) = (path, heldLock);

    public string Path { get; }

    public static PostgresFolder Create()
    {
        var parent = System.IO.Path.GetTempPath();
        foreach (var left in Directory.GetFiles(parent, Prefix + "*.lock"))
        {
            if (TryLock(left) is { } held)
            {
                new PostgresFolder(left[..^".lock".Length], held).Dispose();
            }
        }

        while (true)
        {
            var path = System.IO.Path.Combine(parent, Prefix + System.IO.Path.GetRandomFileName());
            if (TryLock(path + ".lock") is { } held)
            {
                // The postgres user must be able to walk through to the data folder.
                Directory.CreateDirectory(path, (UnixFileMode)0b111_101_101);
                return new PostgresFolder(path, held);
            }
        }
    }

    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Path))
            {
                Directory.Delete(Path, recursive: true);
            }

            File.Delete(Path + ".lock");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's folder, or another test run is removing it at the same time. Nothing depends on it.
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
