using System.Text.Json;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>What tells one token of a lease from another.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="StatusIndex">Its lease's bit among all that the issuer ever published.</param>
/// <param name="IssuedAt">Seconds since 1970.</param>
/// <param name="ExpiresAt">Seconds since 1970.</param>
internal sealed record TokenStamp(string Id, long StatusIndex, long IssuedAt, long ExpiresAt);

/// <summary>What a workload's token says. Everything but <c>scope</c> and the template's own claims is the broker's to set.</summary>
internal static class TokenClaims
{
    public static Action<Utf8JsonWriter> Of(Order order, string issuer, string subject, TokenStamp stamp) => json =>
    {
        var grant = (SignedTokenGrant)order.Grant;
        json.WriteString("iss"u8, issuer);
        json.WriteString("sub"u8, subject);
        json.WriteString("aud"u8, grant.Audience);
        json.WriteNumber("exp"u8, stamp.ExpiresAt);
        json.WriteNumber("iat"u8, stamp.IssuedAt);
        json.WriteNumber("nbf"u8, stamp.IssuedAt);
        json.WriteString("jti"u8, stamp.Id);
        // Joins every token of a lease, whatever its jti; introspection looks here.
        json.WriteString("lease"u8, order.LeaseId);
        if (grant.Scopes.Count > 0) json.WriteString("scope"u8, string.Join(' ', grant.Scopes.Select(scope => scope.Text)));
        SenderConstraints.WriteConfirmation(json, order);
        if (order.Facts.TryGetValue(HeldFacts.Actors, out var actors)) WriteActors(json, actors.Split(' '));
        Issuer.StatusIndexes.WriteReference(json, issuer, stamp.StatusIndex);
        foreach (var (name, value) in grant.Claims) json.WriteString(name, value);
    };

    /// <summary>The current actor outermost, whom it acts for within (RFC 8693 section 4.1).</summary>
    private static void WriteActors(Utf8JsonWriter json, string[] actors)
    {
        foreach (var actor in actors)
        {
            json.WriteStartObject("act"u8);
            json.WriteString("sub"u8, actor);
        }

        foreach (var _ in actors) json.WriteEndObject();
    }
}
