using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Issuer;

/// <summary>Base of the broker's public addresses, without a trailing slash.</summary>
internal sealed record PublicAddress(string Base);

/// <summary>
/// The broker's certificate authority (RFC 5280): a key and the certificate that it signed for itself. It signs the
/// certificates of workloads, and the list of those that ended before their time.
/// </summary>
internal sealed class CertificateAuthority(PublicAddress address) : IDisposable
{
    public const string CertificatePath = "/ca/certificate";
    public const string ListPath = "/ca/crl";

    private State? _state;

    /// <summary>The authority's certificate; where there were several keys, all that still verify something.</summary>
    public string Pem => Current.Certificate.ExportCertificatePem();

    public DateTimeOffset NotAfter => Current.Certificate.NotAfter.ToUniversalTime();

    /// <summary>Where verifiers find the revocation list; every certificate says it.</summary>
    public string ListUrl => address.Base + ListPath;

    private State Current => Volatile.Read(ref _state) ?? throw new InvalidOperationException("the certificate authority has no key yet");

    public void Use(SigningKey key, X509Certificate2 certificate) => Volatile.Write(ref _state, new State(key, certificate));

    /// <summary>Adds to a request what ties it to this authority, and signs it.</summary>
    /// <param name="serial">Positive, at most 20 bytes, big-endian.</param>
    public X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
    {
        var now = Current;
        request.CertificateExtensions.Add(now.KeyIdentifier);
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([ListUrl]));
        using var key = now.Key.Borrow();
        return request.Create(now.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), notBefore, notAfter, serial);
    }

    /// <summary>Signs a revocation list; DER.</summary>
    public byte[] Sign(CertificateRevocationListBuilder list, long number, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate)
    {
        var now = Current;
        using var key = now.Key.Borrow();
        return list.Build(
            now.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), new BigInteger(number), nextUpdate, HashAlgorithmName.SHA256, now.KeyIdentifier, thisUpdate);
    }

    public void Dispose() => _state?.Certificate.Dispose();

    private sealed record State(SigningKey Key, X509Certificate2 Certificate)
    {
        public X509AuthorityKeyIdentifierExtension KeyIdentifier { get; } = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(
            Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single());
    }
}
