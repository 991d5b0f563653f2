using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Attestation;

/// <summary>
/// PKCS #10 requests (RFC 2986). Only the key is taken from one, once its signature has shown that the sender holds it;
/// the names and extensions that it asks for are never looked at.
/// </summary>
internal static class SigningRequests
{
    /// <summary>Of the DER; a request for an RSA key of 8192 bits has a quarter of it.</summary>
    public const int MaxBytes = 8 * 1024;

    private const string Label = "CERTIFICATE REQUEST";
    private const string Elliptic = "1.2.840.10045.2.1";
    private const string Rsa = "1.2.840.113549.1.1.1";

    private static readonly byte[] UsualExponent = [1, 0, 1];

    /// <returns>The SubjectPublicKeyInfo in DER, or null with the fault.</returns>
    public static byte[]? PublicKeyOf(string pem, out string? fault)
    {
        if (Der(pem) is not { } der)
        {
            fault = "the signing request is not one PEM block 'CERTIFICATE REQUEST' of at most 8 KiB";
            return null;
        }

        try
        {
            // Verifies the request's own signature. Extensions are not loaded, and the subject is not used.
            var request = CertificateRequest.LoadSigningRequest(der, HashAlgorithmName.SHA256);
            fault = IsAccepted(request.PublicKey) ? null : "the signing request's key is neither on P-256 or P-384 nor RSA of 2048 to 8192 bits with exponent 65537";
            return fault is null ? request.PublicKey.ExportSubjectPublicKeyInfo() : null;
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException or NotSupportedException or ArgumentException)
        {
            fault = "the signing request is malformed, or not signed by its own key";
            return null;
        }
    }

    private static byte[]? Der(string pem)
    {
        if (pem.Length > 2 * MaxBytes || !PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != Label) return null;
        if (!string.IsNullOrWhiteSpace(pem[..fields.Location.Start]) || !string.IsNullOrWhiteSpace(pem[fields.Location.End..])) return null;
        var der = Convert.FromBase64String(pem[fields.Base64Data]);
        return der.Length <= MaxBytes ? der : null;
    }

    private static bool IsAccepted(System.Security.Cryptography.X509Certificates.PublicKey key)
    {
        switch (key.Oid.Value)
        {
            case Elliptic:
                using (var curve = key.GetECDsaPublicKey())
                {
                    return curve?.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true, Oid.Value: { } name }
                        && (name == ECCurve.NamedCurves.nistP256.Oid.Value || name == ECCurve.NamedCurves.nistP384.Oid.Value);
                }

            case Rsa:
                using (var rsa = key.GetRSAPublicKey())
                {
                    return rsa is { KeySize: >= 2048 and <= 8192 } && rsa.ExportParameters(includePrivateParameters: false).Exponent.AsSpan().SequenceEqual(UsualExponent);
                }

            default: return false;
        }
    }
}
