namespace CredentialBroker.Cli.Output;

/// <summary>A file that only its owner may read, and that appears when it is whole.</summary>
internal static class PrivateFile
{
    public static async Task<T> WriteAsync<T>(string file, Func<Stream, Task<T>> write)
    {
        var partial = $"{file}.partial";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(partial);
        T result;
        await using (var stream = new FileStream(partial, options)) result = await write(stream);
        File.Move(partial, file, overwrite: true);
        return result;
    }
}
