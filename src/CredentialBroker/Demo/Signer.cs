using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialBroker.Demo;

/// <summary>
/// Stands in for those who sign for the broker to believe: a cluster's API server and an admission gate. Signs with the
/// platform alone, so that nothing the broker verifies with is used to sign.
/// </summary>
internal sealed class Signer(string issuer, string audience, string keyId, TimeProvider clock) : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The public half as a JWK set (RFC 7517).</summary>
    public string Jwks()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "EC", ["crv"] = "P-256", ["use"] = "sig", ["alg"] = "ES256", ["kid"] = keyId,
                ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y),
            }),
        }.ToJsonString();
    }

    /// <summary>A projected service-account token as a kubelet would place it in a pod.</summary>
    public string PodToken(string ns, string serviceAccount, string podUid, TimeSpan? life = null, string? pod = null) => Sign("JWT", life ?? TimeSpan.FromMinutes(10), new JsonObject
    {
        ["sub"] = $"system:serviceaccount:{ns}:{serviceAccount}",
        ["kubernetes.io"] = new JsonObject
        {
            ["namespace"] = ns,
            ["serviceaccount"] = new JsonObject { ["name"] = serviceAccount, ["uid"] = "5d1c3c1e-8f3a-4b7e-9a55-000000000001" },
            ["pod"] = new JsonObject { ["name"] = pod ?? $"{serviceAccount}-0", ["uid"] = podUid },
            ["node"] = new JsonObject { ["name"] = "node-1", ["uid"] = "5d1c3c1e-8f3a-4b7e-9a55-000000000002" },
        },
    });

    /// <summary>An approval document around the member <c>approval</c>.</summary>
    public string Approval(JsonObject approval) => Sign("admission-approval+jwt", TimeSpan.FromMinutes(5), new JsonObject { ["approval"] = approval.DeepClone() });

    public void Dispose() => _key.Dispose();

    private string Sign(string type, TimeSpan life, JsonObject claims)
    {
        var now = clock.GetUtcNow();
        claims["iss"] = issuer;
        claims["aud"] = audience;
        claims["iat"] = now.ToUnixTimeSeconds();
        claims["exp"] = now.Add(life).ToUnixTimeSeconds();
        claims["jti"] = Protocol.Ids.New(clock);
        var header = new JsonObject { ["alg"] = "ES256", ["kid"] = keyId, ["typ"] = type };
        var text = $"{Part(header)}.{Part(claims)}";
        return $"{text}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256))}";
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
