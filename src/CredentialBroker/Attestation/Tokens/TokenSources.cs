using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>The trust sources whose evidence is a token: one is chosen by issuer or trust domain, and judges by its own keys.</summary>
internal sealed class TokenSources(IEnumerable<WorkloadSource> sources, OwnIssuers own, TokenReader reader)
{
    private readonly ILookup<string, WorkloadSource> _byIssuer =
        sources.Where(source => source.Rules.Issuer is not null).ToLookup(source => source.Rules.Issuer!, StringComparer.Ordinal);

    private readonly IReadOnlyDictionary<string, WorkloadSource> _byTrustDomain =
        sources.Where(source => source.Rules.Issuer is null).ToDictionary(source => source.Options.Spiffe!.TrustDomain, StringComparer.Ordinal);

    internal IEnumerable<WorkloadSource> All => sources;

    internal async Task<Attested> AttestAsync(string bearer, CancellationToken cancel)
    {
        if (UnverifiedToken.Read(bearer, out var malformed) is not { } token)
        {
            return new Attested.Refused(malformed!.Code, malformed.Detail);
        }

        // Asked first, so that no configuration that slipped through can make the broker trust itself.
        if (token.Issuer is { } issuer && own.Include(issuer))
        {
            return new Attested.Refused(ReasonCodes.EvidenceUntrustedIssuer, "The token's issuer is this broker itself.");
        }

        if (Domain(token) is { } domain)
        {
            return await domain.AttestAsync(token, reader, own, cancel).ConfigureAwait(false);
        }

        if (token.Issuer is null || !_byIssuer.Contains(token.Issuer))
        {
            return new Attested.Refused(ReasonCodes.EvidenceUntrustedIssuer, "The token's issuer is no trust source.");
        }

        return Choose(token, [.. _byIssuer[token.Issuer]]) is { } source
            ? await source.AttestAsync(token, reader, own, cancel).ConfigureAwait(false)
            : new Attested.Refused(ReasonCodes.EvidenceAudience, "Several trust sources share the token's issuer, and its audience is none of theirs.");
    }

    // Only a trust domain's own bundle speaks for its names, whatever issuer a token states beside them.
    private WorkloadSource? Domain(UnverifiedToken token) =>
        token.Claims.Text("sub") is { } subject && SpiffeId.DomainOf(subject) is { } domain ? _byTrustDomain.GetValueOrDefault(domain) : null;

    // Clusters left at the default issuer differ by audience, and each is judged by its own keys, so a wrong guess only fails.
    private static WorkloadSource? Choose(UnverifiedToken token, IReadOnlyList<WorkloadSource> candidates) =>
        candidates.Count == 1
            ? candidates[0]
            : candidates.SingleOrDefault(candidate => candidate.Rules.Audience == token.SoleAudience);
}
