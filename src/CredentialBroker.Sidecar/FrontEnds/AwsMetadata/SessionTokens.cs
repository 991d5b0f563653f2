using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace CredentialBroker.Sidecar.FrontEnds.AwsMetadata;

/// <summary>Tokens of version 2 of the metadata service: each says until when it is good and is signed, so that none need be remembered.</summary>
internal sealed class SessionTokens(TimeProvider clock)
{
    private const int TimeLength = 8;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public string Make(int seconds)
    {
        Span<byte> token = stackalloc byte[TimeLength + HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(token, clock.GetUtcNow().ToUnixTimeSeconds() + seconds);
        HMACSHA256.HashData(_key, token[..TimeLength], token[TimeLength..]);
        return Base64Url.EncodeToString(token);
    }

    public bool IsGood(string? text)
    {
        Span<byte> token = stackalloc byte[TimeLength + HMACSHA256.HashSizeInBytes];
        if (text is not { Length: <= 64 } || !Base64Url.IsValid(text, out var length) || length != token.Length || Base64Url.DecodeFromChars(text, token) != token.Length) return false;
        Span<byte> proof = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, token[..TimeLength], proof);
        return CryptographicOperations.FixedTimeEquals(proof, token[TimeLength..]) && BinaryPrimitives.ReadInt64BigEndian(token) > clock.GetUtcNow().ToUnixTimeSeconds();
    }
}
