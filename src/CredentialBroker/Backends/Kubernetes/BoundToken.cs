using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>A token that was made for a lease's Secret, as far as its own claims tell. They are compared, not trusted: the token is handed on, not taken.</summary>
/// <param name="Id">The API server's name for it in its own audit log; empty of servers before 1.30.</param>
internal sealed record BoundToken(string Token, string Id, DateTimeOffset Expires)
{
    /// <summary>Less is not to be had.</summary>
    public const long ShortestSeconds = 600;

    /// <summary>
    /// Whole seconds until an order's end, less the second that the way may take: the server adds them to its own clock when
    /// the call arrives, and cuts off what is less than one.
    /// </summary>
    public static long SecondsUntil(long endsAt, long now) => Math.Max(ShortestSeconds, (endsAt / 1000) - ((now + 999) / 1000));

    public static JsonObject Request(KubernetesGrant grant, LeaseSecret secret, long seconds)
    {
        var spec = new JsonObject
        {
            ["audiences"] = new JsonArray([.. grant.Audiences.Select(audience => (JsonNode)audience)]),
            ["expirationSeconds"] = seconds,
            ["boundObjectRef"] = new JsonObject { ["kind"] = "Secret", ["apiVersion"] = "v1", ["name"] = secret.Name, ["uid"] = secret.Uid },
        };
        return new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = spec };
    }

    /// <summary>The token, or in a few words what is wrong with the answer.</summary>
    public static (BoundToken? Token, string? Wrong) Read(WireAnswer answer, KubernetesGrant grant, LeaseSecret secret, long seconds)
    {
        if (answer.Json?.Object("status") is not { } status || status.Text("token") is not { } token || !KubernetesHttp.IsToken(token)
            || !DateTimeOffset.TryParse(status.Text("expirationTimestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires))
            return (null, "the answer has no token, or no expiry");
        if (ReadClaims(token) is not { } claims) return (null, "what was given as a token is none");
        if (claims.Text("sub") != $"system:serviceaccount:{grant.Account!.Namespace}:{grant.Account.Name}") return (null, "the token is another account's");
        if (claims.Object("kubernetes.io") is not { } bound || bound.Text("namespace") != grant.Account.Namespace || bound.Object("secret") is not { } to || to.Text("name") != secret.Name || to.Text("uid") != secret.Uid)
            return (null, "the token is not bound to the lease's Secret, so that nobody could end it");
        if (bound.TryGetProperty("warnafter", out _)) return (null, "the token was extended to live for a year");
        if (claims.Seconds("exp") is not { } exp || Math.Abs(exp - expires.ToUnixTimeSeconds()) > 1) return (null, "the token's own expiry is not the one that was told");
        // Their difference: the server's clock need not be ours.
        if ((claims.Seconds("iat") ?? claims.Seconds("nbf")) is not { } from || exp - from < seconds - 1) return (null, "the token lives shorter than was asked; look at the server's service-account-max-token-expiration");
        if (grant.Audiences.Count > 0 && (AudiencesOf(claims) is not { } audiences || audiences.Except(grant.Audiences).Any())) return (null, "the token is for others than was asked");
        return (new BoundToken(token, claims.Text("jti") is { Length: <= 64 } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? id : "", expires), null);
    }

    private static JsonElement? ReadClaims(string token)
    {
        try
        {
            var read = new JsonWebToken(token);
            var json = JsonElement.Parse(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.DecodeBytes(read.EncodedPayload));
            return json.ValueKind == JsonValueKind.Object ? json : null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or JsonException)
        {
            return null;
        }
    }

    private static IReadOnlyList<string>? AudiencesOf(JsonElement claims) => claims.Text("aud") is { } one ? [one] : claims.Texts("aud");
}
