using System.Buffers.Text;
using System.Text;

namespace CredentialBroker.Issuer;

/// <summary>A token that the ring agreed to sign, before it is signed.</summary>
/// <param name="Input">Header and claims as the signature is made over them (RFC 7515 section 5.1); worth nothing to anybody yet.</param>
internal sealed record UnsignedToken(ReadOnlyMemory<byte> Input, SigningKey Key)
{
    /// <returns>The compact JWS.</returns>
    public string Sign() => $"{Encoding.ASCII.GetString(Input.Span)}.{Base64Url.EncodeToString(Key.Sign(Input.Span))}";
}
