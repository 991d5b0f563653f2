using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>A trust domain's authority: a root, an intermediate, and X.509-SVIDs of either kind of key.</summary>
internal sealed class SpiffeAuthority
{
    private readonly X509Certificate2 _root;

    public SpiffeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority("CN=root", key).CreateSelfSigned(Now.AddMinutes(-5), Now.AddHours(2));
        Between = Issued(_root, "CN=between", isAuthority: true, null, rsa: false);
    }

    public X509Certificate2 Between { get; }

    public X509Certificate2 Issue(string id, bool rsa = false) => Issued(Between, "CN=svid", isAuthority: false, id, rsa);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static X509Certificate2 Issued(X509Certificate2 by, string name, bool isAuthority, string? id, bool rsa)
    {
        var serial = RandomNumberGenerator.GetBytes(8);
        if (rsa)
        {
            using var key = RSA.Create(2048);
            return Made(new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)).CopyWithPrivateKey(key);
        }

        using var elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Made(isAuthority ? Authority(name, elliptic) : new CertificateRequest(name, elliptic, HashAlgorithmName.SHA256)).CopyWithPrivateKey(elliptic);

        X509Certificate2 Made(CertificateRequest request)
        {
            if (id is not null)
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddUri(new Uri(id));
                request.CertificateExtensions.Add(names.Build());
            }

            return request.Create(by.SubjectName, X509SignatureGenerator.CreateForECDsa(by.GetECDsaPrivateKey()!), Now.AddMinutes(-5), Now.AddHours(1), serial);
        }
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }
}
