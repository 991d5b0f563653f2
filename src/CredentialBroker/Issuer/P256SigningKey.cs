using System.Security.Cryptography;

namespace CredentialBroker.Issuer;

/// <summary>Signs with ES256: R and S of 32 bytes each (RFC 7518 section 3.4).</summary>
internal sealed class P256SigningKey : SigningKey
{
    private readonly ECParameters _parameters;

    private P256SigningKey(ECParameters parameters) : base(P256VerifyingKey.Of(parameters.Q)) => _parameters = parameters;

    public new P256VerifyingKey Verifying => (P256VerifyingKey)base.Verifying;

    public static P256SigningKey Generate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new P256SigningKey(key.ExportParameters(includePrivateParameters: true));
    }

    /// <returns>Null when this is no key on a curve.</returns>
    /// <exception cref="CryptographicException">The curve is another one.</exception>
    public static P256SigningKey? TryImport(ReadOnlySpan<byte> pkcs8)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
        }
        catch (CryptographicException)
        {
            return null;
        }

        return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value
            ? new P256SigningKey(key.ExportParameters(includePrivateParameters: true))
            : throw new CryptographicException("A signing key on a curve must be on P-256.");
    }

    /// <summary>The platform's key with its private half, for certificates and revocation lists; the caller disposes it soon.</summary>
    public ECDsa Borrow() => ECDsa.Create(_parameters);

    protected override AsymmetricAlgorithm Open() => Borrow();

    protected override byte[] Sign(AsymmetricAlgorithm key, ReadOnlySpan<byte> signingInput) =>
        ((ECDsa)key).SignData(signingInput, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    protected override void Forget() => CryptographicOperations.ZeroMemory(_parameters.D);
}
