using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Cli;

/// <summary>Certificates and keys in PEM files named on the command line.</summary>
internal static class PemFiles
{
    public static X509Certificate2Collection Roots(string file) => Read(file, () =>
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(File.ReadAllText(file));
        return roots.Count > 0 ? roots : throw CommandException.Usage($"{file} holds no PEM certificate");
    });

    /// <summary>A client certificate with its key; further certificates in its file are sent along.</summary>
    public static SslStreamCertificateContext ClientCertificate(string file, string keyFile, Shell shell)
    {
        TokenFile.WarnIfOpen(keyFile, shell);
        return Read(file, () =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(File.ReadAllText(file));
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(file, keyFile), all, offline: true);
        });
    }

    private static T Read<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CryptographicException fault)
        {
            throw new CommandException(ExitCodes.Usage, $"{file} cannot be read: {fault.Message}", fault);
        }
    }
}
