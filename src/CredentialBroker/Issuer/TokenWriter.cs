using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace CredentialBroker.Issuer;

/// <summary>Writes a compact JWS: header, the claims the caller writes, and the signature of the ring's current key.</summary>
internal static class TokenWriter
{
    /// <param name="type">Header <c>typ</c>, which tells apart what one key signs.</param>
    /// <exception cref="SigningRefusedException">The ring does not sign such claims.</exception>
    /// <param name="claims">Writes the members of the claims object; the object itself is opened and closed here.</param>
    public static string Write(KeyRing ring, Action<Utf8JsonWriter> claims, string type = "JWT") => Prepare(ring, claims, type).Sign();

    /// <summary>The same up to the signature, which may be made later and elsewhere.</summary>
    public static UnsignedToken Prepare(KeyRing ring, Action<Utf8JsonWriter> claims, string type = "JWT")
    {
        var key = ring.Signer;
        var text = new ArrayBufferWriter<byte>(1024);
        Append(text, Json(json =>
        {
            json.WriteString("alg"u8, key.Verifying.Algorithm);
            json.WriteString("kid"u8, key.Kid);
            json.WriteString("typ"u8, type);
        }));
        text.Write("."u8);
        var body = Json(claims);
        SigningRules.Demand(ring, body);
        Append(text, body);
        return new UnsignedToken(text.WrittenMemory, key);
    }

    private static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Append(ArrayBufferWriter<byte> text, ReadOnlyMemory<byte> part)
    {
        var encoded = text.GetSpan(Base64Url.GetEncodedLength(part.Length));
        text.Advance(Base64Url.EncodeToUtf8(part.Span, encoded));
    }
}
