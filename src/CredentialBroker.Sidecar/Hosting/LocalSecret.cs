using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Sidecar.FrontEnds;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>
/// What a dialect asks its callers to show, where it has such a thing. It opens this sidecar's door on this machine and
/// nothing else, so that it may stay in its file: clients that read it once go on after a restart.
/// </summary>
internal sealed class LocalSecret
{
    private const int Shortest = 32;
    private readonly byte[] _hash;

    private LocalSecret(string text) => (Text, _hash) = (text, SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    public string Text { get; }

    public static LocalSecret Made() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>What the file holds, if it is this user's alone; else a new one, written there.</summary>
    public static LocalSecret In(string file)
    {
        var about = new FileInfo(file);
        if (about is { Exists: true, Length: >= Shortest and <= 512, LinkTarget: null } && (about.UnixFileMode & OthersMay) == 0)
        {
            var text = File.ReadAllText(file).Trim();
            if (text.Length >= Shortest && text.All(c => c is > ' ' and <= '~')) return new LocalSecret(text);
        }

        var made = Made();
        PrivateFile.Write(file, Encoding.ASCII.GetBytes(made.Text));
        return made;
    }

    /// <summary>Whether this is it; takes as long for a near miss as for a far one.</summary>
    public bool Is(string? shown) => shown is { Length: <= 512 } && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), _hash);

    private const UnixFileMode OthersMay = (UnixFileMode)0b000_111_111;

    public override string ToString() => "[secret]";
}
