using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Attestation;

/// <summary>What an X.509-SVID must look like before its chain is asked about (X509-SVID sections 2 to 5).</summary>
internal static class SvidForm
{
    internal const string ClientUse = "1.3.6.1.5.5.7.3.2";
    internal const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string AlternativeNames = "2.5.29.17";
    private const int LargestCertificate = 16 * 1024;
    private const X509KeyUsageFlags Signs = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;

    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);

    // SHA-256 and longer, with RSA, RSA-PSS and ECDSA; a collision in anything shorter has been for sale for years.
    private static readonly HashSet<string> SoundSignatures =
    [
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.2.840.113549.1.1.10",
        "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4",
    ];

    /// <summary>The identity that the leaf states, unproven; null with the fault where its form is not that of a workload's.</summary>
    /// <param name="leaf">The certificate of the connection.</param>
    /// <param name="use">The extended key usage it must allow, if it limits its use.</param>
    internal static SpiffeId? IdentityOf(X509Certificate2 leaf, string use, out string fault)
    {
        try
        {
            return Read(leaf, use, out fault);
        }
        catch (CryptographicException)
        {
            // The framework reads an extension when it is asked for, so that is where a malformed one shows.
            fault = "An extension of the certificate cannot be read.";
            return null;
        }
    }

    private static SpiffeId? Read(X509Certificate2 leaf, string use, out string fault)
    {
        var names = leaf.RawDataMemory.Length > LargestCertificate ? null : UriNames(leaf);
        var id = names is [{ } only] ? SpiffeId.Parse(only) : null;
        fault = names switch
        {
            null => "The certificate is too large, or its alternative names cannot be read.",
            not [_] => "The certificate does not have exactly one URI among its alternative names.",
            _ when id is null => "The certificate's URI is no SPIFFE ID of a workload.",
            _ when leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority) => "The certificate is a CA's.",
            _ => UsageFault(leaf, use) ?? "",
        };
        return fault.Length == 0 ? id : null;
    }

    /// <summary>Whether the key is long enough and the signature's algorithm is one that still means something.</summary>
    internal static bool IsStrong(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        using var curve = certificate.GetECDsaPublicKey();
        return (rsa?.KeySize >= 2048 || curve?.KeySize >= 256) && SoundSignatures.Contains(certificate.SignatureAlgorithm.Value ?? "");
    }

    internal static bool MaySignOthers(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority)
        && certificate.Extensions.OfType<X509KeyUsageExtension>().All(usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign));

    /// <summary>A signing certificate may be named; then it is of the domain that it signs for (X509-SVID section 3.2).</summary>
    internal static bool IsSignerOf(X509Certificate2 signer, string trustDomain) =>
        UriNames(signer) is { } names && (names.Count == 0 || (names is [{ } name] && SpiffeId.DomainOf(name) == trustDomain));

    private static string? UsageFault(X509Certificate2 leaf, string use)
    {
        if (leaf.Extensions.OfType<X509KeyUsageExtension>().ToArray() is not [{ Critical: true } usage]
            || !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature) || (usage.KeyUsages & Signs) != 0)
        {
            return "The certificate's key usage is not critical, is not for signatures, or is for signing certificates.";
        }

        var uses = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extended => extended.EnhancedKeyUsages.Cast<Oid>()).ToArray();
        return uses.Length > 0 && uses.All(allowed => allowed.Value != use) ? "The certificate's extended key usage is not for this side of a connection." : null;
    }

    /// <summary>URIs among the alternative names (RFC 5280 section 4.2.1.6), which the framework does not list; null where they cannot be read.</summary>
    private static List<string>? UriNames(X509Certificate2 certificate)
    {
        var found = new List<string>();
        X509Extension[] extensions = [.. certificate.Extensions.Where(extension => extension.Oid?.Value == AlternativeNames)];
        if (extensions.Length != 1)
        {
            return extensions.Length == 0 ? found : null;
        }

        try
        {
            var outer = new AsnReader(extensions[0].RawData, AsnEncodingRules.DER);
            var names = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            while (names.HasData)
            {
                if (names.PeekTag() == UriName)
                {
                    found.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriName));
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }

            return found;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
