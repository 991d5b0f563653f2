using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace CredentialBroker.Issuer;

/// <summary>
/// One P-256 key that signs with ES256. Any number of threads may sign: the platform's <see cref="ECDsa"/> promises
/// nothing about two of them in one instance, so each signature borrows an instance of its own.
/// </summary>
internal sealed class SigningKey : IDisposable
{
    private readonly ECParameters _parameters;
    private readonly ConcurrentBag<ECDsa> _idle = [];

    private SigningKey(ECDsa key)
    {
        _parameters = key.ExportParameters(includePrivateParameters: true);
        Public = VerifyingKey.Of(_parameters.Q);
        _idle.Add(key);
    }

    public VerifyingKey Public { get; }

    public string Kid => Public.Kid;

    public static SigningKey Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key back; refuses one that is not P-256 or not the key the name stands for.</summary>
    public static SigningKey Import(ReadOnlySpan<byte> pkcs8, string kid)
    {
        var imported = ECDsa.Create();
        try
        {
            imported.ImportPkcs8PrivateKey(pkcs8, out _);
            if (imported.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
                throw new CryptographicException("A signing key must be on the curve P-256.");
        }
        catch
        {
            imported.Dispose();
            throw;
        }

        var key = new SigningKey(imported);
        if (key.Kid == kid) return key;
        key.Dispose();
        throw new CryptographicException("The signing key is not the one its name stands for.");
    }

    /// <summary>The private key, to be wrapped at once; the caller zeroes it.</summary>
    public byte[] ExportPkcs8()
    {
        using var key = Borrow();
        return key.ExportPkcs8PrivateKey();
    }

    /// <summary>Signs with ES256; the signature is R and S of 32 bytes each (RFC 7518 section 3.4).</summary>
    public byte[] Sign(ReadOnlySpan<byte> signingInput)
    {
        if (!_idle.TryTake(out var key)) key = Borrow();
        var signature = key.SignData(signingInput, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        _idle.Add(key);
        return signature;
    }

    /// <summary>The platform's key with its private half, for certificates and revocation lists; the caller disposes it soon.</summary>
    public ECDsa Borrow() => ECDsa.Create(_parameters);

    public void Dispose()
    {
        while (_idle.TryTake(out var key)) key.Dispose();
        CryptographicOperations.ZeroMemory(_parameters.D);
    }
}
