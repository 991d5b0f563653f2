using System.Text;

namespace CredentialBroker.Cli;

/// <summary>Documents named on the command line, where <c>-</c> is stdin.</summary>
internal static class Input
{
    private const int Largest = 1024 * 1024;

    public static async Task<string> ReadAsync(string file, Shell shell, CancellationToken cancel)
    {
        await using var stream = file == "-" ? shell.In() : File.OpenRead(file);
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(chunk, cancel)) > 0;)
        {
            if (body.Length + read > Largest) throw CommandException.Fault($"{NameOf(file)} is larger than {Largest} bytes");
            body.Write(chunk, 0, read);
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body.GetBuffer(), 0, (int)body.Length);
        }
        catch (DecoderFallbackException fault)
        {
            throw CommandException.Fault($"{NameOf(file)} is not UTF-8", fault);
        }
    }

    public static string NameOf(string file) => file == "-" ? "stdin" : file;
}
