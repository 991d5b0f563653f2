using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Hosting;

/// <summary>A server certificate with its key and the certificates between it and its root, as two PEM files.</summary>
internal sealed record CertificateFiles(string Certificate, string Key)
{
    /// <summary>When the files were last written; two writes within the clock's grain show by their length.</summary>
    public (DateTime, long, DateTime, long) Stamp()
    {
        var (certificate, key) = (new FileInfo(Certificate), new FileInfo(Key));
        return certificate.Exists && key.Exists ? (certificate.LastWriteTimeUtc, certificate.Length, key.LastWriteTimeUtc, key.Length) : default;
    }

    /// <exception cref="CryptographicException">The files do not hold a certificate and its private key.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public SslStreamCertificateContext Read()
    {
        using var pem = X509Certificate2.CreateFromPemFile(Certificate, Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(Certificate);
        // The platform's TLS takes a key that was in a PKCS#12 everywhere, but one straight from PEM not everywhere.
        var usable = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        // Offline: what is missing between certificate and root is the operator's to add, not this program's to download.
        return SslStreamCertificateContext.Create(usable, [.. chain.Skip(1)], offline: true);
    }
}
