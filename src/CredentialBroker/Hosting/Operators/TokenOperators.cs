using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>Operators by bearer token: the issuer is chosen first, and its tokens are read by the rules that workloads' are.</summary>
internal sealed class TokenOperators(IReadOnlyList<OperatorIssuer> issuers, TokenReader reader)
{
    private readonly Dictionary<string, OperatorIssuer> _byIssuer = issuers.ToDictionary(issuer => issuer.Issuer, StringComparer.Ordinal);

    /// <param name="orWorkload">Whether a workload may ask too: then a token for another audience is left to be its evidence.</param>
    public async Task<OperatorProof> ProveAsync(string bearer, bool orWorkload, CancellationToken cancel)
    {
        if (UnverifiedToken.Read(bearer, out _) is not { Issuer: { } iss } token || !_byIssuer.TryGetValue(iss, out var issuer)) return new OperatorProof.None();
        if (orWorkload && token.SoleAudience != issuer.Rules.Audience) return new OperatorProof.None();
        return await reader.VerifyAsync(token, issuer.Rules, cancel) switch
        {
            TokenReading.Valid valid => issuer.Prove(valid.Claims),
            // That its keys cannot be had is no word about the operator, who may try again.
            TokenReading.Refused refused => new OperatorProof.Refused(
                issuer.Name, refused.Code == ReasonCodes.EvidenceKeysUnavailable ? refused.Code : ReasonCodes.OperatorUnknown, refused.Detail),
            var other => throw new InvalidOperationException($"No answer to {other.GetType().Name}."),
        };
    }
}
