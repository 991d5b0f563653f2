using System.Buffers.Text;
using System.Text.Json;
using CredentialBroker.Backends;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>The successful answer of an exchange (RFC 8693 section 2.2.1), read from the token that was just signed.</summary>
internal sealed class TokenAnswerResult(Secret secret, string issuedType, TimeProvider clock) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        using (var credential = JsonDocument.Parse(secret.Reveal()))
        using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            var token = credential.RootElement.GetProperty("token").GetString()!;
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
            json.WriteStartObject();
            json.WriteString("access_token"u8, token);
            json.WriteString("issued_token_type"u8, issuedType);
            json.WriteString("token_type"u8, credential.RootElement.GetProperty("tokenType").GetString());
            json.WriteNumber("expires_in"u8, Math.Max(0, claims.RootElement.GetProperty("exp").GetInt64() - (clock.NowMs() / 1000)));
            if (claims.RootElement.TryGetProperty("scope", out var scope)) json.WriteString("scope"u8, scope.GetString());
            json.WriteEndObject();
        }

        return Task.CompletedTask;
    }
}
