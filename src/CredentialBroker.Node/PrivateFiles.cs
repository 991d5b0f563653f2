using System.Text;

namespace CredentialBroker.Node;

/// <summary>Files and folders that only the node's own user may open, written so that a crash leaves the old or the new.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static bool IsOpenToOthers(string file) => (File.GetUnixFileMode(file) & Others) != 0;

    public static void MakeFolder(string folder)
    {
        if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, Own | UnixFileMode.UserExecute);
    }

    /// <summary>Durable when it returns.</summary>
    public static void Write(string file, string text)
    {
        MakeFolder(Path.GetDirectoryName(file)!);
        var beside = $"{file}.new";
        using (var stream = new FileStream(beside, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Own }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, file, overwrite: true);
    }
}
