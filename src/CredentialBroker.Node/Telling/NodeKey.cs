using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialBroker.Node.Telling;

/// <summary>The node's signing key. What it signs is told apart by the header <c>typ</c>: nothing signed for one purpose serves another.</summary>
internal sealed class NodeKey : IDisposable
{
    public const string Approval = "admission-approval+jwt", Records = "host-records+jwt", Evidence = "docker-evidence+jwt";

    private readonly ECDsa _key;
    private readonly SigningCredentials _credentials;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly NodeOptions _options;
    private readonly TimeProvider _clock;

    private NodeKey(ECDsa key, NodeOptions options, TimeProvider clock)
    {
        (_key, _options, _clock) = (key, options, clock);
        var id = Base64UrlEncoder.Encode(SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..16]);
        _credentials = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = id }, SecurityAlgorithms.EcdsaSha256);
    }

    /// <summary>Reads the key, or makes it; writes the public half.</summary>
    public static NodeKey Open(NodeOptions options, TimeProvider clock)
    {
        var key = ECDsa.Create();
        if (File.Exists(options.Keys.KeyFile))
        {
            if (PrivateFiles.IsOpenToOthers(options.Keys.KeyFile)) throw CommandException.Fault($"{options.Keys.KeyFile} may be read by others; it must be 0600");
            try
            {
                key.ImportFromPem(File.ReadAllText(options.Keys.KeyFile));
            }
            catch (Exception fault) when (fault is ArgumentException or CryptographicException)
            {
                throw CommandException.Fault($"{options.Keys.KeyFile} holds no key as PEM", fault);
            }

            if (key.KeySize != 256) throw CommandException.Fault($"{options.Keys.KeyFile} is not on the curve P-256");
        }
        else
        {
            key.GenerateKey(ECCurve.NamedCurves.nistP256);
            PrivateFiles.Write(options.Keys.KeyFile, key.ExportPkcs8PrivateKeyPem());
        }

        var made = new NodeKey(key, options, clock);
        File.WriteAllText(options.Keys.JwksFile, made.Jwks());
        return made;
    }

    /// <param name="type">What it is for.</param>
    /// <param name="id">Its <c>jti</c>.</param>
    public string Sign(string type, string id, TimeSpan life, params (string Name, JsonNode Value)[] claims)
    {
        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = new JsonObject
        {
            ["iss"] = _options.Issuer, ["aud"] = _options.Broker.Audience, ["iat"] = now, ["exp"] = now + (long)life.TotalSeconds, ["jti"] = id,
        };
        foreach (var (name, value) in claims) payload[name] = value;
        return _handler.CreateToken(payload.ToJsonString(), _credentials, new Dictionary<string, object> { ["typ"] = type });
    }

    public void Dispose() => _key.Dispose();

    private string Jwks()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "EC", ["crv"] = "P-256", ["use"] = "sig", ["alg"] = "ES256", ["kid"] = _credentials.Key.KeyId, ["x"] = Base64UrlEncoder.Encode(point.X!), ["y"] = Base64UrlEncoder.Encode(point.Y!),
            }),
        }.ToJsonString();
    }
}
