using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialBroker.Cli.Login;

/// <summary>A login as it lies in its file.</summary>
/// <param name="Broker">The only address that the token is sent to.</param>
/// <param name="Token">What is sent to the broker.</param>
/// <param name="ExpiresAt">When it ends; null where the issuer does not say.</param>
/// <param name="SendsIdToken">Whether the ID token is sent, not the access token.</param>
internal sealed record StoredLogin(
    Uri Broker, string Issuer, string ClientId, string TokenEndpoint, string Token, bool SendsIdToken,
    string? RevocationEndpoint = null, string? RefreshToken = null, DateTimeOffset? ExpiresAt = null, string? IssuerCaFile = null)
{
    /// <summary>This login with what the issuer has just handed out.</summary>
    public StoredLogin With(TokenAnswer answer, DateTimeOffset now)
    {
        if (!string.Equals(answer.TokenType, "Bearer", StringComparison.OrdinalIgnoreCase)) throw CommandException.Fault($"the issuer hands out tokens of type '{answer.TokenType}', not Bearer");
        var token = SendsIdToken ? answer.IdToken : answer.AccessToken;
        if (token is not { Length: > 0 and <= 16 * 1024 } || token.Any(c => c is < '!' or > '~'))
        {
            throw CommandException.Fault(SendsIdToken ? "the issuer hands out no ID token; ask for the scope openid" : "the issuer hands out no access token");
        }

        DateTimeOffset? end = SendsIdToken ? ExpiryOf(token) : answer.ExpiresIn is > 0 and < int.MaxValue and var seconds ? now.AddSeconds(seconds) : null;
        return this with { Token = token, ExpiresAt = end, RefreshToken = answer.RefreshToken ?? RefreshToken };
    }

    // Only to know when to refresh: who signed it is the broker's to judge.
    private static DateTimeOffset? ExpiryOf(string jwt)
    {
        try
        {
            return jwt.Split('.') is [_, var payload, _]
                && JsonDocument.Parse(Base64Url.DecodeFromChars(payload)).RootElement is { ValueKind: JsonValueKind.Object } claims
                && claims.TryGetProperty("exp", out var exp) && exp.TryGetInt64(out var seconds) && seconds is > 0 and < 253_402_300_800
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
        catch (Exception fault) when (fault is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, WriteIndented = true)]
[JsonSerializable(typeof(StoredLogin))]
internal sealed partial class LoginJson : JsonSerializerContext;
