using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace CredentialBroker.Issuer;

/// <summary>The public half of an RSA key.</summary>
/// <param name="Modulus">Base64url.</param>
/// <param name="Exponent">Base64url.</param>
internal sealed record RsaVerifyingKey(string Kid, string Modulus, string Exponent) : VerifyingKey(Kid, Alg)
{
    public const string Alg = "RS256";

    public static RsaVerifyingKey Of(RSAParameters parameters)
    {
        var (n, e) = (Base64Url.EncodeToString(parameters.Modulus), Base64Url.EncodeToString(parameters.Exponent));
        return new RsaVerifyingKey(ThumbprintOf($$"""{"e":"{{e}}","kty":"RSA","n":"{{n}}"}"""), n, e);
    }

    public override string ToText()
    {
        using var key = RSA.Create(new RSAParameters { Modulus = Base64Url.DecodeFromChars(Modulus), Exponent = Base64Url.DecodeFromChars(Exponent) });
        return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }

    public override void WriteJwk(Utf8JsonWriter json)
    {
        json.WriteString("kty"u8, "RSA"u8);
        json.WriteString("n"u8, Modulus);
        json.WriteString("e"u8, Exponent);
    }
}
