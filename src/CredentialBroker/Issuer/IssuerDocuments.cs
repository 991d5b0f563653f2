using System.Text.Json;

namespace CredentialBroker.Issuer;

/// <summary>What an issuer publishes: its key set (RFC 7517) and its OpenID discovery document.</summary>
internal static class IssuerDocuments
{
    public const string JwksPath = "/.well-known/jwks.json";

    public const string DiscoveryPath = "/.well-known/openid-configuration";

    /// <summary>Where what is signed for a purpose comes from, below the public base URL.</summary>
    public static string PathOf(KeyPurpose purpose) => $"/issuer/{purpose.Word}";
    /// <summary>Below an issuer: its status lists by shard.</summary>
    public const string StatusPath = "/status/";

    /// <summary>The issuer's URL, which is also the <c>iss</c> claim: compared as text by everyone, so it has one form.</summary>
    public static string IssuerUrl(Uri publicBase, string path) => publicBase.AbsoluteUri.TrimEnd('/') + path;

    public static byte[] Jwks(IReadOnlyList<VerifyingKey> keys) => Write(json =>
    {
        json.WriteStartArray("keys"u8);
        foreach (var key in keys)
        {
            json.WriteStartObject();
            json.WriteString("use"u8, "sig"u8);
            json.WriteString("alg"u8, key.Algorithm);
            json.WriteString("kid"u8, key.Kid);
            key.WriteJwk(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static byte[] Discovery(string issuer, IReadOnlyList<VerifyingKey> keys) => Write(json =>
    {
        json.WriteString("issuer"u8, issuer);
        json.WriteString("jwks_uri"u8, issuer + JwksPath);
        // Required members of the specification; nobody logs in here, the broker only signs.
        WriteList(json, "response_types_supported", "id_token");
        WriteList(json, "subject_types_supported", "public");
        WriteList(json, "id_token_signing_alg_values_supported", [.. keys.Select(key => key.Algorithm).Distinct()]);
        WriteList(json, "claims_supported", "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "lease", "scope", "cnf", "act", "status");
    });

    private static void WriteList(Utf8JsonWriter json, string name, params ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
