using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Hosting;

/// <summary>A self-signed certificate and its key in two PEM files of a folder.</summary>
internal sealed class PemPair : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("credbroker-tls-");

    public PemPair() => Replace();

    public CertificateFiles Files => new(Path.Combine(_folder.FullName, "tls.crt"), Path.Combine(_folder.FullName, "tls.key"));

    /// <summary>Puts a new certificate and key in place.</summary>
    /// <returns>Its thumbprint.</returns>
    public string Replace()
    {
        using var certificate = SelfSigned("broker");
        File.WriteAllText(Files.Certificate, certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Files.Key, key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    public static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
