using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Storage;

namespace CredentialBroker.Attestation;

/// <summary>
/// A DPoP proof (RFC 9449 section 4): a token that brings its own key, and proves that whoever sent this request holds
/// it. It proves nothing about who that is.
/// </summary>
/// <param name="Thumbprint">RFC 7638 thumbprint of the key.</param>
internal sealed record DpopProof(string Thumbprint, OneTimeProof Once)
{
    private const string Type = "dpop+jwt";
    private const string Algorithm = "ES256";
    private const int MaxLength = 4096;

    /// <summary>How old a proof may be, and how far its maker's clock may be from ours.</summary>
    private const long WindowMs = 60_000;

    /// <param name="url">The request's public URL, without query and fragment.</param>
    /// <returns>The proof, or what is wrong with it.</returns>
    internal static async ValueTask<(DpopProof? Proof, string? Fault)> ReadAsync(string text, string method, string url, TokenReader reader, TimeProvider clock)
    {
        PublicKey.Elliptic? key = null;
        if (text.Length > MaxLength) return (null, "the DPoP proof is longer than 4 KiB");
        if (UnverifiedToken.Read(text, Header, out var malformed) is not { } token) return (null, malformed!.Detail);
        if (!await reader.SignedByAsync(token, key!)) return (null, "the DPoP proof is not signed by the key that it brings");
        if (token.Claims.Text("htm") != method) return (null, "htm is not the method of this request");
        if (!IsSame(token.Claims.Text("htu"), url)) return (null, "htu is not the public URL of this request");
        if (token.Claims.Text("jti") is not { } id || !ClaimForms.Name(id)) return (null, "jti is missing or malformed");
        if (!token.Claims.TryGetProperty("iat", out var iat) || iat.ValueKind != JsonValueKind.Number || !iat.TryGetInt64(out var seconds))
            return (null, "iat is missing or no whole number of seconds");
        var now = clock.NowMs();
        // Compared in seconds: a hostile number must not overflow.
        if (seconds < (now - WindowMs) / 1000 || seconds > (now + WindowMs) / 1000) return (null, "iat is more than a minute away from now");

        var thumbprint = ThumbprintOf(key!);
        return (new DpopProof(thumbprint, new OneTimeProof($"dpop:{thumbprint}:{Hash(id)}", (seconds * 1000) + (2 * WindowMs))), null);

        JoseHeader? Header(JsonElement header, out TokenReading.Refused? refusal)
        {
            key = null;
            refusal = null;
            if (header.EnumerateObject().All(member => member.Name is "typ" or "alg" or "jwk")
                && header.Text("typ") == Type && header.Text("alg") == Algorithm && header.TryGetProperty("jwk", out var jwk))
                key = JsonWebKeys.Read(jwk, out _) as PublicKey.Elliptic;
            if (key is not null) return new JoseHeader(Algorithm, null, Type);
            refusal = new TokenReading.Refused(Protocol.ReasonCodes.ProofInvalid, "the DPoP proof's header is not typ dpop+jwt, alg ES256 and a public P-256 key as jwk, and nothing else");
            return null;
        }
    }

    /// <summary>Scheme and host in any case; the path to the letter; query and fragment do not count (RFC 9449 section 4.3).</summary>
    private static bool IsSame(string? htu, string url) =>
        Uri.TryCreate(htu, UriKind.Absolute, out var said) && said.UserInfo.Length == 0
        && said.GetLeftPart(UriPartial.Path) == new Uri(url).GetLeftPart(UriPartial.Path);

    /// <summary>Members in this order and without blanks are what RFC 7638 section 3 hashes.</summary>
    private static string ThumbprintOf(PublicKey.Elliptic key) =>
        Hash($$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(key.Parameters.Q.X)}}","y":"{{Base64Url.EncodeToString(key.Parameters.Q.Y)}}"}""");

    private static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
