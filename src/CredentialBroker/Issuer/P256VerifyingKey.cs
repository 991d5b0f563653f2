using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace CredentialBroker.Issuer;

/// <summary>The public half of a P-256 key.</summary>
/// <param name="X">Coordinate, base64url.</param>
/// <param name="Y">Coordinate, base64url.</param>
internal sealed record P256VerifyingKey(string Kid, string X, string Y) : VerifyingKey(Kid, Alg)
{
    public const string Alg = "ES256";

    public static P256VerifyingKey Of(ECPoint point)
    {
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        return new P256VerifyingKey(ThumbprintOf($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""), x, y);
    }

    public override string ToText()
    {
        using var key = Open();
        return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }

    public override void WriteJwk(Utf8JsonWriter json)
    {
        json.WriteString("kty"u8, "EC"u8);
        json.WriteString("crv"u8, "P-256"u8);
        json.WriteString("x"u8, X);
        json.WriteString("y"u8, Y);
    }

    /// <summary>The platform's key, to be disposed by the caller.</summary>
    public ECDsa Open() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = { X = Base64Url.DecodeFromChars(X), Y = Base64Url.DecodeFromChars(Y) },
    });
}
