using CredentialBroker.Approvals;
using CredentialBroker.Clusters;
using CredentialBroker.Protocol;

namespace CredentialBroker.Admission;

/// <summary>
/// Pods that ask for credentials, by naming templates in an annotation. The first question marks the pod; the second, when
/// nothing changes it any more and the server has given it its UID, records it as a candidate.
/// </summary>
internal sealed class PodGate(Nonces nonces, ApprovalStore approvals, Candidates candidates)
{
    private const int MostTemplates = 32;

    /// <summary>Writes nothing, so that it may be asked again, and for a dry run.</summary>
    public async Task<AdmissionAnswer> MarkAsync(AdmissionGate gate, AdmissionRequest request, CancellationToken cancel)
    {
        if (Pod(request) is not { } pod) return NoPod();
        if (pod.Templates is null) return NotAsked();
        // A nonce that came with the pod is kept only where it is this very request's: asked again after another mutation.
        var keep = nonces.IsOurs(pod.Nonce, gate, pod.Namespace, pod.ServiceAccount) && (await approvals.ListOfNonceAsync(gate.Source.Name, pod.Nonce!, cancel)).Count == 0;
        return AdmissionAnswer.Yes() with { Patch = PodPatch.Of(pod, gate, keep ? null : nonces.New(gate, pod.Namespace, pod.ServiceAccount)) };
    }

    public async Task<AdmissionAnswer> JudgeAsync(AdmissionGate gate, AdmissionRequest request, CancellationToken cancel)
    {
        if (Pod(request) is not { } pod) return NoPod();
        if (pod.Templates is null) return pod.Nonce is null ? NotAsked() : AdmissionAnswer.No(ReasonCodes.NonceRefused, "the pod carries a nonce and names no templates");
        if (!IsServers(pod, request)) return AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "the pod has no UID and name yet, or is of another namespace than the question");
        if (!nonces.IsOurs(pod.Nonce, gate, pod.Namespace, pod.ServiceAccount)) return AdmissionAnswer.No(ReasonCodes.NonceRefused, "the pod's nonce was not made by this broker for its account just now; is the mutating webhook registered?");
        if (!PodPatch.HasToken(pod, gate.Audience)) return AdmissionAnswer.No(ReasonCodes.AdmissionRefused, $"the volume {PodPatch.TokenVolume} is not the projected token for this broker alone");
        var named = pod.Templates.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();
        if (named.Count is 0 or > MostTemplates || !named.All(Text.IsName)) return AdmissionAnswer.No(ReasonCodes.AdmissionRefused, $"{PodRead.TemplatesAnnotation} must name 1 to {MostTemplates} templates");
        var templates = named.Where(gate.Source.MayApprove).ToList();
        if (templates.Count == 0) return AdmissionAnswer.No(ReasonCodes.SourceNotEntitled, "the cluster may approve none of the templates that the pod names");
        var tier = TierOf(gate, pod);
        if (Words.Exceeds(tier, gate.Source.MaxTier)) return AdmissionAnswer.No(ReasonCodes.SourceNotEntitled, $"the cluster may approve up to {gate.Source.MaxTier}, and the pod is {tier}: {string.Join(", ", PodPrivileges.HostResources(pod.Spec))}");
        if (await CopiedAsync(gate, request, pod, cancel)) return AdmissionAnswer.No(ReasonCodes.NonceRefused, "the pod's nonce is another pod's");
        IReadOnlyList<string> dropped = named.Count == templates.Count ? [] : [$"not approved, because the cluster may not: {string.Join(", ", named.Except(templates, StringComparer.Ordinal))}"];
        if (request.DryRun) return AdmissionAnswer.Yes(("tier", tier), ("templates", string.Join(',', templates))) with { Warnings = dropped };
        return await candidates.RecordAsync(gate, request, pod, templates, tier, cancel) with { Warnings = dropped };
    }

    /// <summary>The higher of what the operator says of ordinary pods and of what this one's final spec reaches.</summary>
    private static string TierOf(AdmissionGate gate, PodRead pod) => PodPrivileges.HostResources(pod.Spec).Count > 0 ? Words.Privileged : gate.Options.Tier;

    /// <summary>
    /// Several candidates of one nonce are one request whose generated name was taken: the same pod in all but name and UID,
    /// and none of them there yet. Anything else is a copy.
    /// </summary>
    private async Task<bool> CopiedAsync(AdmissionGate gate, AdmissionRequest request, PodRead pod, CancellationToken cancel) =>
        (await approvals.ListOfNonceAsync(gate.Source.Name, pod.Nonce!, cancel)).Any(other => other.Reference != pod.Uid
            && (other.State is not (ApprovalState.Candidate or ApprovalState.Expired) || other.Facts.GetValueOrDefault("specDigest") != pod.SpecDigest || (other.Requester ?? "") != request.User));

    private static PodRead? Pod(AdmissionRequest request) => request.Object is { } pod ? PodRead.Of(pod, request.Namespace) : null;

    private static bool IsServers(PodRead pod, AdmissionRequest request) =>
        pod.Uid is { Length: > 0 and <= 64 } uid && uid.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && Attestation.DnsNames.Subdomain(pod.Name)
        && Attestation.DnsNames.Label(pod.Namespace) && Attestation.DnsNames.Subdomain(pod.ServiceAccount) && pod.Namespace == request.Namespace;

    private static AdmissionAnswer NotAsked() => AdmissionAnswer.Yes(("asked", "no"));

    private static AdmissionAnswer NoPod() => AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "the question holds no pod");
}
