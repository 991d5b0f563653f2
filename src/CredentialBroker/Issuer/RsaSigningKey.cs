using System.Security.Cryptography;

namespace CredentialBroker.Issuer;

/// <summary>Signs with RS256 (RFC 7518 section 3.3), which is what every cloud takes from an issuer it trusts.</summary>
internal sealed class RsaSigningKey : SigningKey
{
    private const int Bits = 2048;

    private readonly RSAParameters _parameters;

    private RsaSigningKey(RSAParameters parameters) : base(RsaVerifyingKey.Of(parameters)) => _parameters = parameters;

    public static RsaSigningKey Generate()
    {
        using var key = RSA.Create(Bits);
        return new RsaSigningKey(key.ExportParameters(includePrivateParameters: true));
    }

    /// <exception cref="CryptographicException">This is no RSA key, or too short a one.</exception>
    public static RsaSigningKey Import(ReadOnlySpan<byte> pkcs8)
    {
        using var key = RSA.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return key.KeySize >= Bits
            ? new RsaSigningKey(key.ExportParameters(includePrivateParameters: true))
            : throw new CryptographicException($"An RSA signing key must have {Bits} bits at least.");
    }

    protected override AsymmetricAlgorithm Open() => RSA.Create(_parameters);

    protected override byte[] Sign(AsymmetricAlgorithm key, ReadOnlySpan<byte> signingInput) =>
        ((RSA)key).SignData(signingInput, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    protected override void Forget()
    {
        foreach (var part in new[] { _parameters.D, _parameters.P, _parameters.Q, _parameters.DP, _parameters.DQ, _parameters.InverseQ }) CryptographicOperations.ZeroMemory(part);
    }
}
