using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialBroker.Approvals;

/// <summary>An approval source: signs by hand, so that nothing the broker uses to verify is used to sign.</summary>
internal sealed class Signer(TimeProvider clock, string issuer = "https://admission.example") : IDisposable
{
    public const string Audience = "https://broker.example";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _events;

    public string Jwks
    {
        get
        {
            var point = _key.ExportParameters(false).Q;
            return new JsonObject
            {
                ["keys"] = new JsonArray(new JsonObject
                {
                    ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "k1", ["use"] = "sig", ["alg"] = "ES256",
                    ["x"] = Base64Url(point.X!), ["y"] = Base64Url(point.Y!),
                }),
            }.ToJsonString();
        }
    }

    public static JsonObject Header() => new() { ["alg"] = "ES256", ["kid"] = "k1", ["typ"] = "admission-approval+jwt" };

    public JsonObject Payload(JsonNode approval) => new()
    {
        ["iss"] = issuer,
        ["aud"] = Audience,
        ["iat"] = clock.GetUtcNow().ToUnixTimeSeconds(),
        ["exp"] = clock.GetUtcNow().ToUnixTimeSeconds() + 300,
        ["jti"] = $"event-{Interlocked.Increment(ref _events)}",
        ["approval"] = approval,
    };

    public byte[] Sign(JsonNode approval, params (string Name, JsonNode? Value)[] changes)
    {
        var payload = Payload(approval);
        foreach (var (name, value) in changes)
        {
            payload.Remove(name);
            if (value is not null) payload[name] = value;
        }

        return SignText(Header().ToJsonString(), payload.ToJsonString());
    }

    public byte[] SignText(string header, string payload)
    {
        var text = $"{Base64Url(Encoding.UTF8.GetBytes(header))}.{Base64Url(Encoding.UTF8.GetBytes(payload))}";
        return Encoding.ASCII.GetBytes($"{text}.{Base64Url(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256))}");
    }

    public void Dispose() => _key.Dispose();

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
