namespace CredentialBroker.Issuer;

internal static class IssuerServices
{
    /// <param name="developmentFolder">Where a missing key-encryption key is made; null outside development.</param>
    public static IServiceCollection AddIssuer(this IServiceCollection services, KeyOptions keys, KeyRings rings, string publicUrl, string? developmentFolder) => services
        .AddSingleton(keys)
        .AddSingleton(rings)
        .AddSingleton(new PublicAddress(publicUrl))
        .AddSingleton<CertificateAuthorities>()
        .AddSingleton<AuthorityCertificates>()
        .AddSingleton<StatusBlocks>()
        .AddSingleton(provider => new StatusIndexes(provider.GetRequiredService<StatusBlocks>().TakeAsync))
        .AddSingleton<Fingerprints>()
        .AddSingleton(new KeyEncryption(keys, developmentFolder))
        .AddSingleton<SealedCredentials>()
        .AddSingleton<KeyStore>()
        .AddSingleton<KeyMaker>((purpose, _) => SigningKey.Generate(purpose))
        .AddSingleton<IssuerKeys>()
        .AddSingleton<KeyRotation>()
        .AddSingleton<KeyLog>();
}
