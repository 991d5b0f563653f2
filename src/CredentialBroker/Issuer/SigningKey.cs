using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace CredentialBroker.Issuer;

/// <summary>
/// A key that signs tokens. Any number of threads may sign: the platform promises nothing about two of them in one
/// instance of a key, so each signature borrows an instance of its own.
/// </summary>
internal abstract class SigningKey(VerifyingKey verifying) : IDisposable
{
    private readonly ConcurrentBag<AsymmetricAlgorithm> _idle = [];

    /// <summary>The half that is published.</summary>
    public VerifyingKey Verifying => verifying;

    public string Kid => verifying.Kid;

    /// <summary>Makes a key of the kind that signs for a purpose.</summary>
    public static SigningKey Generate(KeyPurpose purpose) => purpose.Algorithm switch
    {
        P256VerifyingKey.Alg => P256SigningKey.Generate(),
        RsaVerifyingKey.Alg => RsaSigningKey.Generate(),
        var other => throw new ArgumentException($"no key signs with {other}", nameof(purpose)),
    };

    /// <summary>Reads a key back; refuses one that is neither P-256 nor RSA, or not the key the name stands for.</summary>
    public static SigningKey Import(ReadOnlySpan<byte> pkcs8, string kid)
    {
        SigningKey key = P256SigningKey.TryImport(pkcs8) is { } curve ? curve : RsaSigningKey.Import(pkcs8);
        if (key.Kid == kid) return key;
        key.Dispose();
        throw new CryptographicException("The signing key is not the one its name stands for.");
    }

    /// <summary>The private key, to be wrapped at once; the caller zeroes it.</summary>
    public byte[] ExportPkcs8()
    {
        using var key = Open();
        return key.ExportPkcs8PrivateKey();
    }

    /// <summary>The signature's bytes as a JWS carries them (RFC 7518 section 3).</summary>
    public byte[] Sign(ReadOnlySpan<byte> signingInput)
    {
        if (!_idle.TryTake(out var key)) key = Open();
        var signature = Sign(key, signingInput);
        _idle.Add(key);
        return signature;
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var key)) key.Dispose();
        Forget();
    }

    /// <summary>The platform's key, with its private half.</summary>
    protected abstract AsymmetricAlgorithm Open();

    protected abstract byte[] Sign(AsymmetricAlgorithm key, ReadOnlySpan<byte> signingInput);

    /// <summary>Zeroes what was kept of the private half.</summary>
    protected abstract void Forget();
}
