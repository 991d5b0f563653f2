using System.Buffers.Text;
using System.Text.Json;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

/// <summary>A cloud's token exchange in miniature: one issuer found by discovery, one audience, one subject, nothing else.</summary>
internal sealed class StrictSts
{
    private readonly byte[] _jwks;
    private readonly string _audience;
    private readonly string _subject;

    private StrictSts(byte[] jwks, string issuer, string audience, string subject) => (_jwks, ExpectedIssuer, _audience, _subject) = (jwks, issuer, audience, subject);

    public string ExpectedIssuer { get; set; }

    public static async Task<StrictSts> OfAsync(string address, string path, string audience, string subject)
    {
        using var http = new HttpClient();
        using var discovery = JsonDocument.Parse(await http.GetStringAsync($"{address}{path}/.well-known/openid-configuration"));
        var jwks = await http.GetByteArrayAsync(discovery.RootElement.GetProperty("jwks_uri").GetString());
        return new StrictSts(jwks, discovery.RootElement.GetProperty("issuer").GetString()!, audience, subject);
    }

    /// <summary>What the token was refused for; null when it was exchanged.</summary>
    public string? Refusal(string token)
    {
        var parts = token.Split('.');
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        if (Text(claims, "iss") != ExpectedIssuer) return "iss";
        if (PublishedKeys.Find(_jwks, Text(header, "kid")) is not { } key) return "kid";
        if (!PublishedKeys.Signed(key, token)) return "signature";
        if (Text(claims, "aud") != _audience) return "aud";
        return Text(claims, "sub") == _subject ? null : "sub";
    }

    private static string? Text(JsonDocument document, string name) => document.RootElement.GetProperty(name).GetString();
}
