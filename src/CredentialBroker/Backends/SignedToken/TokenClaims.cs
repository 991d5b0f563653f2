using System.Text.Json;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>What a workload's token says. Everything but <c>scope</c> and the template's own claims is the broker's to set.</summary>
internal static class TokenClaims
{
    public static Action<Utf8JsonWriter> Of(Order order, string issuer, string subject, string jti, long iat, long exp) => json =>
    {
        var grant = (SignedTokenGrant)order.Grant;
        json.WriteString("iss"u8, issuer);
        json.WriteString("sub"u8, subject);
        json.WriteString("aud"u8, grant.Audience);
        json.WriteNumber("exp"u8, exp);
        json.WriteNumber("iat"u8, iat);
        json.WriteNumber("nbf"u8, iat);
        json.WriteString("jti"u8, jti);
        // Joins every token of a lease, whatever its jti; introspection looks here.
        json.WriteString("lease"u8, order.LeaseId);
        if (grant.Scopes.Count > 0) json.WriteString("scope"u8, string.Join(' ', grant.Scopes.Select(scope => scope.Text)));
        foreach (var (name, value) in grant.Claims) json.WriteString(name, value);
    };
}
