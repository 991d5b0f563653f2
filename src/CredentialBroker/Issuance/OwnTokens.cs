using System.Text.Json;
using CredentialBroker.Attestation;
using CredentialBroker.Issuer;

namespace CredentialBroker.Issuance;

/// <summary>Reads tokens that the broker itself signed, by the same strict reader as everybody else's.</summary>
internal sealed class OwnTokens(TokenReader reader, KeyRings rings, TimeProvider clock, ILogger<KeySource> log)
{
    private readonly KeySource _keys = new("own", KeyPace.OfFile, _ => Task.FromResult(rings.Workload.Jwks.ToArray()), clock, log);

    /// <returns>The claims, or null when this is no living token of ours.</returns>
    public async Task<JsonElement?> ReadAsync(string token, CancellationToken cancel)
    {
        // Whom the token is for is the asker's to judge; here it must only be one audience, and signed.
        if (UnverifiedToken.Read(token, out _)?.SoleAudience is not { } audience) return null;
        var rules = new TokenRules(rings.Workload.Issuer, audience, ["ES256"], KeyPurpose.Workload.LongestLife, ["JWT"], _keys);
        return await reader.ReadAsync(token, rules, cancel) is TokenReading.Valid valid ? valid.Claims : null;
    }
}
