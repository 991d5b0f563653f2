namespace CredentialBroker.Storage;

/// <summary>Files and folders that only this user may read; SQLite gives its own side files the main file's mode.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    public static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnFolder);
    }

    /// <summary>Makes an empty file with mode 0600, or leaves an existing one as it is.</summary>
    public static void Touch(string file)
    {
        using var stream = Open(file, FileMode.OpenOrCreate);
    }

    /// <summary>Writes the whole file through a temporary one, so that a crash leaves the old or the new content.</summary>
    public static void Write(string file, ReadOnlySpan<byte> content)
    {
        var temporary = file + ".new";
        File.Delete(temporary);
        using (var stream = Open(temporary, FileMode.CreateNew))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }

    private static FileStream Open(string file, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnFile;
        return new FileStream(file, options);
    }
}
