using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Issuer;

/// <summary>
/// Wraps private keys for the store with AES-256-GCM under the key-encryption key. The key's name is authenticated with
/// it, so a wrapped key cannot be moved under another name. Layout: nonce (12), tag (16), ciphertext.
/// </summary>
internal static class KeyWrap
{
    public const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public static byte[] Wrap(ReadOnlySpan<byte> keyEncryptionKey, string kid, ReadOnlySpan<byte> privateKey)
    {
        var wrapped = new byte[NonceBytes + TagBytes + privateKey.Length];
        var nonce = wrapped.AsSpan(0, NonceBytes);
        // A random nonce is safe for about 2^32 wraps under one key: keys are a few a month, sealed credentials one a lease.
        RandomNumberGenerator.Fill(nonce);
        using var aes = Cipher(keyEncryptionKey);
        aes.Encrypt(nonce, privateKey, wrapped.AsSpan(NonceBytes + TagBytes), wrapped.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(kid));
        return wrapped;
    }

    /// <exception cref="CryptographicException">Another key-encryption key, another name, or a changed text.</exception>
    public static byte[] Unwrap(ReadOnlySpan<byte> keyEncryptionKey, string kid, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length <= NonceBytes + TagBytes) throw new CryptographicException("The wrapped key is too short.");
        var privateKey = new byte[wrapped.Length - NonceBytes - TagBytes];
        using var aes = Cipher(keyEncryptionKey);
        aes.Decrypt(
            wrapped[..NonceBytes], wrapped[(NonceBytes + TagBytes)..], wrapped.Slice(NonceBytes, TagBytes), privateKey, Encoding.UTF8.GetBytes(kid));
        return privateKey;
    }

    private static AesGcm Cipher(ReadOnlySpan<byte> key) => key.Length == KeyBytes
        ? new AesGcm(key, TagBytes)
        : throw new CryptographicException("The key-encryption key must have 32 bytes.");
}
