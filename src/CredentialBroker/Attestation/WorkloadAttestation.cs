using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Attestation;

/// <summary>Who is asking: the form of the evidence says who judges it, and nothing that one judge refuses goes to another.</summary>
/// <param name="tokens">Judges signed tokens.</param>
/// <param name="certificates">Judges client certificates.</param>
/// <param name="calls">Judges signed calls to AWS; null where no source takes them.</param>
/// <param name="live">Asks the world that evidence speaks of; null where no source says where to ask.</param>
internal sealed class WorkloadAttestation(TokenSources tokens, SvidSources certificates, AwsCallSource? calls, ILiveProof? live = null)
{
    private readonly Dictionary<string, WorkloadSource> _asked = live is null ? [] : tokens.All.Where(source => source.Options.Cluster is not null).ToDictionary(source => source.Name, StringComparer.Ordinal);

    /// <summary>The sources that have keys, for those who tell how they fare.</summary>
    internal IEnumerable<WorkloadSource> Sources => tokens.All;

    /// <param name="now">
    /// Whether the world is asked too, where the source says so. Not where something is only to end: that must not wait for
    /// a cluster that cannot be reached.
    /// </param>
    internal async Task<Attested> AttestAsync(Evidence evidence, CancellationToken cancel, bool now = true)
    {
        using var span = Spans.Step("attest");
        return evidence switch
        {
            { Bearer: { Length: > 0 } bearer } when SignedCall.IsOne(bearer) => calls is null
                ? new Attested.Refused(ReasonCodes.EvidenceUntrustedIssuer, "No trust source takes signed calls to AWS.")
                : await calls.AttestAsync(bearer, cancel).ConfigureAwait(false),
            { Bearer: { Length: > 0 } bearer } => await LiveAsync(await tokens.AttestAsync(bearer, cancel).ConfigureAwait(false), bearer, now, cancel).ConfigureAwait(false),
            { Certificate: not null } => await certificates.AttestAsync(evidence, cancel).ConfigureAwait(false),
            _ => new Attested.Refused(ReasonCodes.EvidenceMissing, "Neither a token nor a client certificate came with the request."),
        };
    }

    private Task<Attested> LiveAsync(Attested proven, string bearer, bool now, CancellationToken cancel) =>
        now && proven is Attested.As { Workload: var workload } && _asked.GetValueOrDefault(workload.Source) is { } source
            ? live!.ProveAsync(source.Options.Cluster!, workload, bearer, source.Rules.Audience, cancel)
            : Task.FromResult(proven);
}
