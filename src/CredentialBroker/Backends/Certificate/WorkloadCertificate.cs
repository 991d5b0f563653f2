using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Certificate;

/// <summary>One leaf certificate, an X.509-SVID (SPIFFE X509-SVID standard section 4): what is in it is the broker's alone.</summary>
internal static class WorkloadCertificate
{
    /// <summary>Clocks of those who verify may be behind ours.</summary>
    private static readonly TimeSpan Backdated = TimeSpan.FromMinutes(1);

    private static readonly Oid ServerAuth = new("1.3.6.1.5.5.7.3.1"), ClientAuth = new("1.3.6.1.5.5.7.3.2");

    public static X509Certificate2 Sign(CertificateAuthority authority, CertificateGrant grant, string leaseId, PublicKey key, byte[] serial, DateTimeOffset now, DateTimeOffset notAfter)
    {
        var request = new CertificateRequest(new X500DistinguishedName($"CN={leaseId}, O=CredentialBroker"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. grant.Usages.Select(usage => usage == "server" ? ServerAuth : ClientAuth)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(grant.SpiffeId));
        foreach (var name in grant.DnsNames) names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return authority.Sign(request, now - Backdated, notAfter, serial);
    }
}
