using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Wires;

/// <summary>A secret of the broker's own in a file, read whenever it is needed: whoever replaces the file need not tell the broker.</summary>
internal static class SecretFile
{
    private const int Longest = 16 * 1024;

    /// <param name="what">Named in what is thrown.</param>
    public static async ValueTask<string> ReadAsync(string backend, string file, string what, CancellationToken cancel)
    {
        try
        {
            var text = new FileInfo(file).Length <= Longest ? (await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n') : "";
            return text.Length > 0 ? text : throw Refused(backend, $"the file of {what} is empty or too large");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refused(backend, $"the file of {what} cannot be read");
        }
    }

    private static BackendException Refused(string backend, string detail) => new(backend, ReasonCodes.TargetUnavailable, detail, transient: true);
}
