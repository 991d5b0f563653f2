using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CredentialBroker.Tests.TestInfra;

/// <summary>One signing key of a test issuer.</summary>
public sealed class TestKey(string id, string algorithm, AsymmetricAlgorithm key) : IDisposable
{
    public string Id => id;

    public string Algorithm => algorithm;

    public AsymmetricAlgorithm Key => key;

    /// <param name="id">The key's <c>kid</c>.</param>
    /// <param name="algorithm">RS256, PS256, ES256 or ES384.</param>
    /// <param name="bits">Size of an RSA key.</param>
    public static TestKey Make(string id, string algorithm, int bits = 2048) => new(id, algorithm, algorithm switch
    {
        "ES256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "ES384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        _ => RSA.Create(bits),
    });

    public byte[] Sign(byte[] data) => Sign(data, algorithm);

    public byte[] Sign(byte[] data, string asAlgorithm)
    {
        var hash = asAlgorithm.EndsWith("384", StringComparison.Ordinal) ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        return key switch
        {
            ECDsa curve => curve.SignData(data, hash),
            RSA rsa => rsa.SignData(data, hash, asAlgorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
            _ => throw new NotSupportedException(),
        };
    }

    /// <summary>The public key as a JWK; a test may change it before it is published.</summary>
    public JsonObject Jwk()
    {
        if (key is ECDsa curve)
        {
            var point = curve.ExportParameters(false).Q;
            return new JsonObject
            {
                ["kty"] = "EC", ["crv"] = algorithm == "ES384" ? "P-384" : "P-256", ["kid"] = id, ["use"] = "sig", ["alg"] = algorithm,
                ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y),
            };
        }

        var rsa = ((RSA)key).ExportParameters(false);
        return new JsonObject
        {
            ["kty"] = "RSA", ["kid"] = id, ["use"] = "sig", ["alg"] = algorithm,
            ["n"] = Base64Url.EncodeToString(rsa.Modulus), ["e"] = Base64Url.EncodeToString(rsa.Exponent),
        };
    }

    public void Dispose() => key.Dispose();
}
