using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Issuer;

/// <summary>The public half of a P-256 key. Its <c>Kid</c> is the RFC 7638 thumbprint, so the same key has the same name on every replica.</summary>
/// <param name="X">Coordinate, base64url.</param>
/// <param name="Y">Coordinate, base64url.</param>
internal sealed record VerifyingKey(string Kid, string X, string Y)
{
    public static VerifyingKey Of(ECPoint point)
    {
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        // Members in this order and without blanks are what RFC 7638 section 3 hashes.
        var thumbprint = SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""));
        return new VerifyingKey(Base64Url.EncodeToString(thumbprint), x, y);
    }

    /// <param name="text">What <see cref="ToText"/> wrote.</param>
    public static VerifyingKey Parse(string text)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(text), out _);
        return Of(key.ExportParameters(includePrivateParameters: false).Q);
    }

    /// <summary>SubjectPublicKeyInfo (RFC 5280 section 4.1), in base64.</summary>
    public string ToText()
    {
        using var key = Open();
        return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The platform's key, to be disposed by the caller.</summary>
    public ECDsa Open() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = { X = Base64Url.DecodeFromChars(X), Y = Base64Url.DecodeFromChars(Y) },
    });
}
