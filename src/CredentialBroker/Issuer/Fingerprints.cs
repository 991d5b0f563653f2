using System.Security.Cryptography;

namespace CredentialBroker.Issuer;

/// <summary>
/// Keyed fingerprints of credentials: they match a found credential to its lease, and tell nobody without the key
/// anything about it.
/// </summary>
internal sealed class Fingerprints
{
    private byte[] _key = [];

    public void Use(byte[] key) => _key = key;

    public string Of(ReadOnlySpan<byte> credential) => _key.Length == 0
        ? throw new InvalidOperationException("the fingerprint key is not loaded")
        : Convert.ToHexStringLower(HMACSHA256.HashData(_key, credential));
}
