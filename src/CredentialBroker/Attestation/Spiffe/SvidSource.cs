using System.Security.Cryptography.X509Certificates;
using System.Security.Cryptography;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>One trust domain as the judge of client certificates.</summary>
internal sealed class SvidSource(string name, string trustDomain, TimeSpan longestLife, KeySource bundle, TimeProvider clock)
{
    internal string TrustDomain => trustDomain;

    internal async Task<Attested> AttestAsync(SpiffeId id, Evidence evidence, CancellationToken cancel)
    {
        var leaf = evidence.Certificate!;
        if (await bundle.ForAsync(null, cancel).ConfigureAwait(false) is not { } published)
        {
            return new Attested.Refused(ReasonCodes.EvidenceKeysUnavailable, "The bundle of the certificate's trust domain cannot be had at present.");
        }

        var (begins, ends) = (leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime());
        // Issuers backdate by some seconds what they let live for a round time.
        if (ends - begins > longestLife + TokenRules.LargestSkew)
        {
            return new Attested.Refused(ReasonCodes.EvidenceLifetime, "The certificate lives longer than its source allows.");
        }

        if (SvidChain.Refuse(leaf, evidence.Chain, published.Roots, trustDomain, SvidForm.ClientUse, clock.GetUtcNow()) is { } refusal)
        {
            return refusal;
        }

        var attributes = new Dictionary<string, string>(StringComparer.Ordinal) { ["spiffeId"] = id.ToString() };
        var proof = SpiffeEvidence.Prove(id.ToString(), trustDomain, attributes.Add);
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(leaf.RawDataMemory.Span));
        return new Attested.As(new Workload(
            name, "spiffe", proof.Uri, proof.Subject, proof.Instance, SpiffeEvidence.CertificateStrength, attributes, [],
            $"{name}:x5t.{fingerprint}", new DateTimeOffset(ends).ToUnixTimeMilliseconds())
        {
            Reuse = EvidenceReuse.Always,
            Issuer = $"spiffe://{trustDomain}",
            KeyId = leaf.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier is { } authority ? Convert.ToHexStringLower(authority.Span) : null,
        });
    }
}

/// <summary>All trust domains. The one that a certificate names is chosen before anything else is believed of it.</summary>
internal sealed class SvidSources(IEnumerable<SvidSource> sources)
{
    private readonly IReadOnlyDictionary<string, SvidSource> _byTrustDomain = sources.ToDictionary(source => source.TrustDomain, StringComparer.Ordinal);

    internal async Task<Attested> AttestAsync(Evidence evidence, CancellationToken cancel)
    {
        if (SvidForm.IdentityOf(evidence.Certificate!, SvidForm.ClientUse, out var fault) is not { } id)
        {
            return new Attested.Refused(ReasonCodes.EvidenceCertificate, fault);
        }

        return _byTrustDomain.TryGetValue(id.TrustDomain, out var source)
            ? await source.AttestAsync(id, evidence, cancel).ConfigureAwait(false)
            : new Attested.Refused(ReasonCodes.EvidenceUntrustedIssuer, "The certificate's trust domain is no trust source.");
    }
}
