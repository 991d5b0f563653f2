using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>
/// A compact JWS taken apart by our own strict parser, before any key or library is involved. Good for choosing the
/// trust source and nothing else: not one word of it is proven.
/// </summary>
internal sealed record UnverifiedToken(string Text, JoseHeader Header, ReadOnlyMemory<byte> Payload, JsonElement Claims, int SignatureLength)
{
    internal const int MaxLength = 16 * 1024;

    internal string? Issuer => Claims.Text("iss");

    /// <summary>The one audience, or null when there is none or several.</summary>
    internal string? SoleAudience => Claims.TryGetProperty("aud", out var aud)
        ? aud.ValueKind switch
        {
            JsonValueKind.String => aud.GetString(),
            JsonValueKind.Array when aud.GetArrayLength() == 1 && aud[0].ValueKind == JsonValueKind.String => aud[0].GetString(),
            _ => null,
        }
        : null;

    /// <summary>SHA-256 of what was signed. The signature is left out: an ECDSA signature has a second valid spelling.</summary>
    internal string Digest() =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Text[..Text.LastIndexOf('.')])));

    /// <summary>Reads a header: all that a token says before its claims.</summary>
    internal delegate JoseHeader? HeaderReader(JsonElement header, out TokenReading.Refused? refusal);

    internal static UnverifiedToken? Read(string text, out TokenReading.Refused? refusal) => Read(text, JoseHeader.Read, out refusal);

    internal static UnverifiedToken? Read(string text, HeaderReader headers, out TokenReading.Refused? refusal)
    {
        if (text.Length > MaxLength)
        {
            return Malformed("The token is longer than 16 KiB.", out refusal);
        }

        // Five parts are a JWE: a compressed one can exhaust memory in the library (CVE-2024-21319), so it never gets there.
        if (text.AsSpan().Count('.') != 2)
        {
            return Malformed("The token does not have the three parts of a signed token.", out refusal);
        }

        var first = text.IndexOf('.', StringComparison.Ordinal);
        var last = text.LastIndexOf('.');
        if (!StrictBase64Url.TryDecode(text.AsSpan(0, first), out var header)
            || !StrictBase64Url.TryDecode(text.AsSpan(first + 1, last - first - 1), out var payload)
            || !StrictBase64Url.TryDecode(text.AsSpan(last + 1), out var signature))
        {
            return Malformed("A part of the token is not canonical base64url.", out refusal);
        }

        if (!StrictJson.TryReadObject(header, out var headerJson, out var fault))
        {
            return Malformed($"The token's header {fault}.", out refusal);
        }

        if (!StrictJson.TryReadObject(payload, out var claims, out fault))
        {
            return Malformed($"The token's payload {fault}.", out refusal);
        }

        var jose = headers(headerJson, out refusal);
        return jose is null ? null : new UnverifiedToken(text, jose, payload, claims, signature.Length);
    }

    private static UnverifiedToken? Malformed(string detail, out TokenReading.Refused? refusal)
    {
        refusal = new TokenReading.Refused(ReasonCodes.EvidenceMalformed, detail);
        return null;
    }
}
