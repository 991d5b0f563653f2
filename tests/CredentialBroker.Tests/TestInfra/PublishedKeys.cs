using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CredentialBroker.TestInfra;

/// <summary>A key set as it is published, for those who verify by hand.</summary>
internal static class PublishedKeys
{
    /// <returns>The key of that name; null when the set has none.</returns>
    public static JsonElement? Find(ReadOnlyMemory<byte> jwks, string? kid)
    {
        using var set = JsonDocument.Parse(jwks);
        foreach (var key in set.RootElement.GetProperty("keys").EnumerateArray())
        {
            if (key.GetProperty("kid").GetString() == kid) return key.Clone();
        }

        return null;
    }

    /// <summary>Whether the compact JWS was signed by the key, with the one algorithm that the key says.</summary>
    public static bool Signed(JsonElement key, string token)
    {
        if (token.Split('.') is not [var header, var payload, var text] || !Base64Url.IsValid(text)) return false;
        using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(header));
        if (head.RootElement.GetProperty("alg").GetString() != key.GetProperty("alg").GetString()) return false;
        var (input, signature) = (Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(text));
        if (key.GetProperty("kty").GetString() == "RSA")
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") });
            return rsa.VerifyData(input, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }

        using var curve = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = { X = Bytes(key, "x"), Y = Bytes(key, "y") } });
        return curve.VerifyData(input, signature, HashAlgorithmName.SHA256);
    }

    private static byte[] Bytes(JsonElement key, string name) => Base64Url.DecodeFromChars(key.GetProperty(name).GetString());
}
