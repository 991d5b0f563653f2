using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialBroker.Attestation;

/// <summary>
/// Verifies tokens. The only file that knows the token library, which is given one token of a shape we parsed
/// ourselves, one key and one algorithm, and so has nothing left to choose.
/// </summary>
internal sealed class TokenReader(TimeProvider clock)
{
    private static readonly JsonWebTokenHandler Library = new() { MaximumTokenSizeInBytes = UnverifiedToken.MaxLength };

    private readonly ConditionalWeakTable<PublicKey, ConcurrentDictionary<string, TokenValidationParameters>> _demands = [];

    internal ValueTask<TokenReading> ReadAsync(string token, TokenRules rules, CancellationToken cancel) =>
        UnverifiedToken.Read(token, out var refusal) is { } taken ? VerifyAsync(taken, rules, cancel) : new ValueTask<TokenReading>(refusal!);

    internal async ValueTask<TokenReading> VerifyAsync(UnverifiedToken token, TokenRules rules, CancellationToken cancel)
    {
        if (!rules.Types.Contains(token.Header.Type ?? TokenRules.NoType, StringComparer.Ordinal))
        {
            return new TokenReading.Refused(ReasonCodes.EvidenceHeader, "The token's typ is not one its source uses.");
        }

        if (token.Header.HasThumbprint && !rules.AllowsThumbprint)
        {
            return new TokenReading.Refused(ReasonCodes.EvidenceHeader, "The token's header has a member that its source does not use.");
        }

        var algorithm = token.Header.Algorithm;
        if (!TokenAlgorithms.All.Contains(algorithm, StringComparer.Ordinal) || !rules.Algorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            return new TokenReading.Refused(ReasonCodes.EvidenceAlgorithm, "The token's signature algorithm is not allowed for its source.");
        }

        if (TokenTimes.Read(token.Claims, rules.NeedsIssuedAt, out var fault) is not { } times)
        {
            return new TokenReading.Refused(ReasonCodes.EvidenceLifetime, fault!);
        }

        if (await rules.Keys.ForAsync(token.Header.KeyId, cancel).ConfigureAwait(false) is not { } keys)
        {
            return new TokenReading.Refused(ReasonCodes.EvidenceKeysUnavailable, "The keys of the token's source cannot be had at present.");
        }

        if (keys.Choose(token.Header, out var unfit) is not { } key)
        {
            return unfit!;
        }

        return await JudgeAsync(token, times, key, rules).ConfigureAwait(false);
    }

    /// <summary>Whether this very key signed the token. Who, for whom and when are the caller's to judge.</summary>
    internal async ValueTask<bool> SignedByAsync(UnverifiedToken token, PublicKey key) =>
        key.Fits(token.Header.Algorithm) && token.SignatureLength == key.SignatureLength && await FaultAsync(token, key).ConfigureAwait(false) is null;

    private async ValueTask<TokenReading> JudgeAsync(UnverifiedToken token, TokenTimes times, PublicKey key, TokenRules rules)
    {
        if (token.SignatureLength != key.SignatureLength) return Unsigned;
        if (await FaultAsync(token, key).ConfigureAwait(false) is { } refused) return refused;

        if (rules.Issuer is not null && !string.Equals(token.Issuer, rules.Issuer, StringComparison.Ordinal))
        {
            return new TokenReading.Refused(ReasonCodes.EvidenceUntrustedIssuer, "The token's issuer is not its source's.");
        }

        if (!string.Equals(token.SoleAudience, rules.Audience, StringComparison.Ordinal))
        {
            return new TokenReading.Refused(ReasonCodes.EvidenceAudience, "The token is not for this broker alone.");
        }

        return times.Fault(clock.NowMs(), rules) is { } fault
            ? new TokenReading.Refused(ReasonCodes.EvidenceLifetime, fault)
            : new TokenReading.Valid(token.Claims, token.Payload, token.Header, times.ExpiresAt, token.Digest());
    }

    private static TokenReading.Refused Unsigned { get; } = new(ReasonCodes.EvidenceSignature, "The token's signature does not verify.");

    private async Task<TokenReading.Refused?> FaultAsync(UnverifiedToken token, PublicKey key)
    {
        var demands = _demands.GetOrCreateValue(key).GetOrAdd(token.Header.Algorithm, Demand, key);
        var result = await Library.ValidateTokenAsync(token.Text, demands).ConfigureAwait(false);
        if (result.IsValid) return null;
        // The library reads the registered claims before it looks at the signature.
        return result.Exception is ArgumentException
            ? new TokenReading.Refused(ReasonCodes.EvidenceClaims, "A registered claim of the token is not of the type it must be.")
            : Unsigned;
    }

    private static TokenValidationParameters Demand(string algorithm, PublicKey key)
    {
        var security = Import(key);
        return new TokenValidationParameters
        {
            RequireSignedTokens = true,
            ValidAlgorithms = [algorithm],
            IssuerSigningKeyResolver = (_, _, _, _) => [security],
            TryAllIssuerSigningKeys = false,
            // Who, for whom and when are judged after it: this library would ask the machine's clock, not the broker's.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        };
    }

    private static SecurityKey Import(PublicKey key) => key switch
    {
        PublicKey.Rsa rsa => new RsaSecurityKey(rsa.Parameters) { KeyId = rsa.Id },
        PublicKey.Elliptic curve => new ECDsaSecurityKey(ECDsa.Create(curve.Parameters)) { KeyId = curve.Id },
        _ => throw new InvalidOperationException($"No signature is verified with a {key.GetType().Name} key."),
    };
}
