using CredentialBroker.Issuer;

namespace CredentialBroker.TestInfra;

/// <summary>
/// Keys for brokers of tests. To find an RSA key takes as long as many a test does, so every store's first is the same
/// one; what takes over from a key is made anew, as the broker makes it.
/// </summary>
internal static class KnownKeys
{
    private static readonly Lazy<(byte[] Pkcs8, string Kid)> Rsa = new(() =>
    {
        using var key = RsaSigningKey.Generate();
        return (key.ExportPkcs8(), key.Kid);
    });

    public static SigningKey Make(KeyPurpose purpose, KeyRow? former) => purpose.Algorithm == RsaVerifyingKey.Alg && former is null
        ? SigningKey.Import(Rsa.Value.Pkcs8, Rsa.Value.Kid)
        : SigningKey.Generate(purpose);
}
