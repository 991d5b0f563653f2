using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Issuer;

/// <summary>
/// One of the broker's certificate authorities (RFC 5280): a key and the certificate that it signed for itself. It signs
/// the certificates of workloads, and the list of those that ended before their time.
/// </summary>
/// <param name="listUrl">Where verifiers find its revocation list; every certificate that it signs says it.</param>
internal sealed class CertificateAuthority(P256SigningKey key, X509Certificate2 certificate, string listUrl)
{
    private readonly X509AuthorityKeyIdentifierExtension _keyIdentifier = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(
        certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single());

    /// <summary>Short name of the authority, in its list's address and beside the serials that it gave: enough of its key's name to tell it from all others.</summary>
    public string Name { get; } = NameOf(key.Kid);

    public string Pem { get; } = certificate.ExportCertificatePem();

    public DateTimeOffset NotAfter => certificate.NotAfter.ToUniversalTime();

    public string ListUrl => listUrl;

    public static string NameOf(string kid) => kid[..8];

    /// <summary>Adds to a request what ties it to this authority, and signs it.</summary>
    /// <param name="serial">Positive, at most 20 bytes, big-endian.</param>
    public X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
    {
        request.CertificateExtensions.Add(_keyIdentifier);
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([listUrl]));
        using var own = key.Borrow();
        return request.Create(certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(own), notBefore, notAfter, serial);
    }

    /// <summary>Signs a revocation list; DER.</summary>
    public byte[] Sign(CertificateRevocationListBuilder list, long number, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate)
    {
        using var own = key.Borrow();
        return list.Build(certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(own), new BigInteger(number), nextUpdate, HashAlgorithmName.SHA256, _keyIdentifier, thisUpdate);
    }
}
