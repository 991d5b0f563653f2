using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace CredentialBroker.Issuer;

/// <summary>The public half of a key. Its <c>Kid</c> is the RFC 7638 thumbprint, so the same key has the same name on every replica.</summary>
/// <param name="Algorithm">What it verifies, as the JWS header's <c>alg</c>.</param>
internal abstract record VerifyingKey(string Kid, string Algorithm)
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";

    /// <param name="text">What <see cref="ToText"/> wrote.</param>
    public static VerifyingKey Parse(string text)
    {
        var key = PublicKey.CreateFromSubjectPublicKeyInfo(Convert.FromBase64String(text), out _);
        if (key.Oid.Value == RsaEncryption)
        {
            using var rsa = key.GetRSAPublicKey()!;
            return RsaVerifyingKey.Of(rsa.ExportParameters(includePrivateParameters: false));
        }

        using var curve = key.GetECDsaPublicKey() ?? throw new CryptographicException("The public key is of no kind that signed here.");
        return P256VerifyingKey.Of(curve.ExportParameters(includePrivateParameters: false).Q);
    }

    /// <summary>SubjectPublicKeyInfo (RFC 5280 section 4.1), in base64.</summary>
    public abstract string ToText();

    /// <summary>The members of its JSON Web Key that are of its kind (RFC 7518 section 6).</summary>
    public abstract void WriteJwk(Utf8JsonWriter json);

    /// <param name="members">The required members in order and without blanks, which is what RFC 7638 section 3 hashes.</param>
    protected static string ThumbprintOf(string members) => System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(members)));
}
