using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Tests.TestInfra;

/// <summary>A certificate authority that issues whatever a test asks for.</summary>
public sealed class TestAuthority : IDisposable
{
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private int _serial;

    public TestAuthority(string subject)
    {
        var request = new CertificateRequest(subject, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        var now = TimeProvider.System.GetUtcNow();
        _root = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
    }

    public string Pem => _root.ExportCertificatePem();

    /// <param name="names">Fills the subject alternative name.</param>
    /// <param name="change">Changes the request before it is signed.</param>
    /// <param name="life">Begin and end, relative to now; two hours around it unless told.</param>
    public X509Certificate2 Issue(
        string subject, Action<SubjectAlternativeNameBuilder>? names = null, string? usage = ClientAuthentication, Action<CertificateRequest>? change = null, (TimeSpan From, TimeSpan Until)? life = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Sign(key, subject, names, usage, change, life);
    }

    /// <summary>The certificate together with its private key.</summary>
    public X509Certificate2 IssueWithKey(string subject, Action<SubjectAlternativeNameBuilder>? names = null, string? usage = ClientAuthentication, (TimeSpan From, TimeSpan Until)? life = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Sign(key, subject, names, usage, change: null, life);
        using var whole = signed.CopyWithPrivateKey(key);
        // A TLS listener takes no key that lives in memory alone on every platform; a PKCS#12 round trip settles it.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Sign(
        ECDsa key, string subject, Action<SubjectAlternativeNameBuilder>? names, string? usage, Action<CertificateRequest>? change, (TimeSpan From, TimeSpan Until)? life)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (usage is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: true));
        if (names is not null)
        {
            var builder = new SubjectAlternativeNameBuilder();
            names(builder);
            request.CertificateExtensions.Add(builder.Build());
        }

        change?.Invoke(request);
        var now = TimeProvider.System.GetUtcNow();
        var (from, until) = life ?? (TimeSpan.FromHours(-1), TimeSpan.FromHours(1));
        return request.Create(_root, now + from, now + until, BitConverter.GetBytes(Interlocked.Increment(ref _serial)));
    }
}
