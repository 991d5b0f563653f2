using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Attestation;

/// <summary>Who is asking: chooses the trust source by issuer, and lets it judge the evidence by its own keys.</summary>
internal sealed class WorkloadAttestation(IReadOnlyDictionary<string, WorkloadSource> sources, OwnIssuers own, TokenReader reader)
{
    private readonly ILookup<string, WorkloadSource> _byIssuer =
        sources.Values.ToLookup(source => source.Rules.Issuer, StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, WorkloadSource> Sources => sources;

    internal async Task<Attested> AttestAsync(string? bearer, CancellationToken cancel)
    {
        using var span = Spans.Step("attest");
        if (string.IsNullOrEmpty(bearer))
        {
            return new Attested.Refused(ReasonCodes.EvidenceMissing, "No token came with the request.");
        }

        if (UnverifiedToken.Read(bearer, out var malformed) is not { } token)
        {
            return new Attested.Refused(malformed!.Code, malformed.Detail);
        }

        // Asked first, so that no configuration that slipped through can make the broker trust itself.
        if (token.Issuer is not { } issuer || own.Include(issuer) || !_byIssuer.Contains(issuer))
        {
            return new Attested.Refused(ReasonCodes.EvidenceUntrustedIssuer, "The token's issuer is no trust source.");
        }

        return Choose(token, [.. _byIssuer[issuer]]) is { } source
            ? await source.AttestAsync(token, reader, own, cancel).ConfigureAwait(false)
            : new Attested.Refused(ReasonCodes.EvidenceAudience, "Several trust sources share the token's issuer, and its audience is none of theirs.");
    }

    // Clusters left at the default issuer differ by audience, and each is judged by its own keys, so a wrong guess only fails.
    private static WorkloadSource? Choose(UnverifiedToken token, IReadOnlyList<WorkloadSource> candidates) =>
        candidates.Count == 1
            ? candidates[0]
            : candidates.SingleOrDefault(candidate => candidate.Rules.Audience == token.SoleAudience);
}
