namespace CredentialBroker.Attestation;

/// <summary>A key set in a file, read whole each time: a mounted file changes behind two symbolic links that do not.</summary>
internal sealed class KeyFile(string path)
{
    internal async Task<byte[]> ReadAsync(CancellationToken cancel)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 4096, useAsync: true);
        var bytes = new byte[KeySet.MaxBytes + 1];
        var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        return read <= KeySet.MaxBytes ? bytes[..read] : throw new FormatException("The key set is larger than 64 KiB.");
    }
}
