using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Attestation;

/// <summary>Who is asking: the form of the evidence says who judges it, and nothing that one judge refuses goes to another.</summary>
/// <param name="tokens">Judges signed tokens.</param>
/// <param name="certificates">Judges client certificates.</param>
/// <param name="calls">Judges signed calls to AWS; null where no source takes them.</param>
internal sealed class WorkloadAttestation(TokenSources tokens, SvidSources certificates, AwsCallSource? calls)
{
    /// <summary>The sources that have keys, for those who tell how they fare.</summary>
    internal IEnumerable<WorkloadSource> Sources => tokens.All;

    internal async Task<Attested> AttestAsync(Evidence evidence, CancellationToken cancel)
    {
        using var span = Spans.Step("attest");
        return evidence switch
        {
            { Bearer: { Length: > 0 } bearer } when SignedCall.IsOne(bearer) => calls is null
                ? new Attested.Refused(ReasonCodes.EvidenceUntrustedIssuer, "No trust source takes signed calls to AWS.")
                : await calls.AttestAsync(bearer, cancel).ConfigureAwait(false),
            { Bearer: { Length: > 0 } bearer } => await tokens.AttestAsync(bearer, cancel).ConfigureAwait(false),
            { Certificate: not null } => await certificates.AttestAsync(evidence, cancel).ConfigureAwait(false),
            _ => new Attested.Refused(ReasonCodes.EvidenceMissing, "Neither a token nor a client certificate came with the request."),
        };
    }
}
