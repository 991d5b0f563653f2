using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace CredentialBroker.Issuer;

/// <summary>Writes a compact JWS: header, the claims the caller writes, and the signature of the ring's current key.</summary>
internal static class TokenWriter
{
    /// <param name="type">Header <c>typ</c>, which tells apart what one key signs.</param>
    /// <param name="claims">Writes the members of the claims object; the object itself is opened and closed here.</param>
    public static string Write(KeyRing ring, Action<Utf8JsonWriter> claims, string type = "JWT")
    {
        var key = ring.Signer;
        var text = new ArrayBufferWriter<byte>(1024);
        Append(text, json =>
        {
            json.WriteString("alg"u8, "ES256"u8);
            json.WriteString("kid"u8, key.Kid);
            json.WriteString("typ"u8, type);
        });
        text.Write("."u8);
        Append(text, claims);
        var signature = key.Sign(text.WrittenSpan);
        return $"{Encoding.ASCII.GetString(text.WrittenSpan)}.{Base64Url.EncodeToString(signature)}";
    }

    private static void Append(ArrayBufferWriter<byte> text, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        var encoded = text.GetSpan(Base64Url.GetEncodedLength(buffer.WrittenCount));
        text.Advance(Base64Url.EncodeToUtf8(buffer.WrittenSpan, encoded));
    }
}
