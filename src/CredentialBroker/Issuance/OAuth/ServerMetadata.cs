using System.Text.Json;
using CredentialBroker.Issuer;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>What the workload issuer does for OAuth clients, in the words of RFC 8414 section 2.</summary>
internal static class ServerMetadata
{
    public const string TokenPath = "/oauth2/token";
    public const string RevocationPath = "/oauth2/revoke";
    public const string IntrospectionPath = "/oauth2/introspect";

    public static byte[] Of(PublicAddress address, KeyRing issuer)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("issuer"u8, issuer.Issuer);
            json.WriteString("token_endpoint"u8, address.Base + TokenPath);
            json.WriteString("revocation_endpoint"u8, address.Base + RevocationPath);
            json.WriteString("introspection_endpoint"u8, address.Base + IntrospectionPath);
            json.WriteString("jwks_uri"u8, issuer.Issuer + IssuerDocuments.JwksPath);
            // Nobody is redirected anywhere: there is no authorization endpoint.
            List(json, "response_types_supported");
            List(json, "grant_types_supported", ExchangeRequest.GrantType);
            // The evidence in the request is what proves the client.
            List(json, "token_endpoint_auth_methods_supported", "none");
            List(json, "dpop_signing_alg_values_supported", "ES256");
            json.WriteBoolean("tls_client_certificate_bound_access_tokens"u8, true);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void List(Utf8JsonWriter json, string name, params ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
