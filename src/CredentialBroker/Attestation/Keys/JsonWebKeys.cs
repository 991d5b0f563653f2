using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace CredentialBroker.Attestation;

/// <summary>
/// Reads one entry of a JWKS. Anything but a public signing key of sufficient size is passed over with its reason: key
/// sets also carry encryption keys and kinds not invented yet, and one of those must not take the others along.
/// </summary>
internal static class JsonWebKeys
{
    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <param name="jwk">The entry.</param>
    /// <param name="passedOver">Why it is none, when the answer is null.</param>
    /// <param name="use">What it must be for, if it says so.</param>
    internal static PublicKey? Read(JsonElement jwk, out string? passedOver, string use = "sig")
    {
        passedOver = NotForSignatures(jwk, use);
        if (passedOver is not null)
        {
            return null;
        }

        PublicKey? key = jwk.Text("kty") switch
        {
            "RSA" => ReadRsa(jwk),
            "EC" when jwk.Text("crv") == "P-256" => ReadCurve(jwk, ECCurve.NamedCurves.nistP256, 32, "ES256"),
            "EC" when jwk.Text("crv") == "P-384" => ReadCurve(jwk, ECCurve.NamedCurves.nistP384, 48, "ES384"),
            _ => null,
        };
        passedOver = key is null ? "it is no sound RSA key of 2048 bits or more, nor an EC key on P-256 or P-384" : null;
        return key;
    }

    private static string? NotForSignatures(JsonElement jwk, string use)
    {
        if (jwk.ValueKind != JsonValueKind.Object)
        {
            return "it is no JSON object";
        }

        if (PrivateMembers.Any(name => jwk.TryGetProperty(name, out _)))
        {
            return "it publishes secret members, so anybody may hold it";
        }

        foreach (var name in (string[])["kid", "alg", "use"])
        {
            if (jwk.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.String)
            {
                return $"its {name} is not text";
            }
        }

        return jwk.TryGetProperty("use", out _) && jwk.Text("use") != use ? $"its use is not {use}" : null;
    }

    private static PublicKey.Rsa? ReadRsa(JsonElement jwk)
    {
        if (!StrictBase64Url.TryDecode(jwk.Text("n"), out var modulus) || !StrictBase64Url.TryDecode(jwk.Text("e"), out var exponent))
        {
            return null;
        }

        modulus = [.. modulus.SkipWhile(octet => octet == 0)];
        var n = new BigInteger(modulus, isUnsigned: true, isBigEndian: true);
        var e = new BigInteger(exponent, isUnsigned: true, isBigEndian: true);
        // FIPS 186-5 wants an odd exponent above 2^16; the upper bounds keep a hostile set from costing CPU time.
        var sound = n.GetBitLength() is >= 2048 and <= 8192 && !n.IsEven && e > 65536 && e <= uint.MaxValue && !e.IsEven;
        return sound ? new PublicKey.Rsa(jwk.Text("kid"), jwk.Text("alg"), new RSAParameters { Modulus = modulus, Exponent = exponent }) : null;
    }

    private static PublicKey.Elliptic? ReadCurve(JsonElement jwk, ECCurve curve, int size, string algorithm)
    {
        if (!StrictBase64Url.TryDecode(jwk.Text("x"), out var x) || !StrictBase64Url.TryDecode(jwk.Text("y"), out var y)
            || x.Length != size || y.Length != size)
        {
            return null;
        }

        var parameters = new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } };
        return IsOnCurve(parameters) ? new PublicKey.Elliptic(jwk.Text("kid"), jwk.Text("alg"), parameters, algorithm) : null;
    }

    private static bool IsOnCurve(ECParameters parameters)
    {
        try
        {
            using var probe = ECDsa.Create(parameters);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
