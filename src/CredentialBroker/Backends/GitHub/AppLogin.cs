using System.Security.Cryptography;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialBroker.Backends.GitHub;

/// <summary>How the broker shows itself as the App: a token signed with the App's key, made for each call.</summary>
internal static class AppLogin
{
    /// <summary>GitHub takes ten minutes at most, counted from a moment that its own clock must have passed.</summary>
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Lives = TimeSpan.FromMinutes(9);

    private static readonly JsonWebTokenHandler Writer = new() { SetDefaultTimesOnTokenCreation = false };

    public static async ValueTask<string> WriteAsync(GitHubTarget target, TimeProvider clock, CancellationToken cancel)
    {
        var pem = await SecretFile.ReadAsync(GitHubBackend.Word, target.PrivateKeyFile, "the App's private key", cancel);
        using var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
            var now = clock.GetUtcNow().UtcDateTime;
            return Writer.CreateToken(new SecurityTokenDescriptor
            {
                Issuer = target.AppId,
                IssuedAt = now - Behind,
                Expires = now - Behind + Lives,
                // The key is this call's, and is not to be found again by another's.
                SigningCredentials = new SigningCredentials(new RsaSecurityKey(key), SecurityAlgorithms.RsaSha256) { CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false } },
            });
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException or SecurityTokenException or NotSupportedException)
        {
            throw new BackendException(GitHubBackend.Word, ReasonCodes.TargetUnavailable, "the App's private key is no RSA key that can sign", transient: true);
        }
    }
}
