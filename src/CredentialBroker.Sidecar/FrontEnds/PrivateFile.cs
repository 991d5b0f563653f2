using System.Buffers.Text;
using System.Security.Cryptography;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>A file that appears when it is whole, that its owner alone may read, and that leaves nothing behind.</summary>
internal static class PrivateFile
{
    public const UnixFileMode OwnerReads = UnixFileMode.UserRead;

    /// <summary>Replaces the file in one step: a reader sees the former or the new content, never half of it.</summary>
    public static void Write(string file, ReadOnlySpan<byte> content, UnixFileMode mode = OwnerReads)
    {
        var folder = Path.GetDirectoryName(file)!;
        if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var partial = Path.Combine(folder, $".{Path.GetFileName(file)}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(6))}");
        try
        {
            // Owner's alone from the first byte on; what else it may be is set before it gets its name.
            using (var stream = new FileStream(partial, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                stream.Write(content);
            }

            File.SetUnixFileMode(partial, mode);
            File.Move(partial, file, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>Takes the file away; one that is gone is no fault.</summary>
    public static void Remove(string file)
    {
        if (Directory.Exists(Path.GetDirectoryName(file))) File.Delete(file);
    }
}
