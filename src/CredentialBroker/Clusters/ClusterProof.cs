using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Clusters;

/// <summary>
/// Asks the cluster's API server whether a token is good there now (TokenReview) and reads its pod: the same pod, alive,
/// under the same account, on the same node. What the pod looks like becomes facts of the workload, so that an approval's
/// stated digests are compared with what is there and not with what was.
/// </summary>
internal sealed class ClusterProof(ClusterCatalog clusters) : ILiveProof
{
    /// <summary>What a bearer token proves that its issuer just took, of a pod that is there.</summary>
    private const int Strength = 3;

    public async Task<Attested> ProveAsync(string cluster, Workload workload, string token, string audience, CancellationToken cancel)
    {
        try
        {
            var client = clusters.To(cluster);
            // Both at once: what the one says does not change what is asked of the other.
            var review = client.ReviewAsync(token, audience, cancel);
            var pod = client.FindPodAsync(workload.Attributes["namespace"], workload.Attributes["pod"], cancel);
            await Task.WhenAll(review, pod);
            if (Wrong(workload, audience, await review) is { } refused) return new Attested.Refused(ReasonCodes.EvidenceClaims, refused);
            if (await pod is not { } found || PodRead.Of(found) is not { } read) return Gone("The token's pod is not there.");
            return Wrong(workload, read) is { } gone ? Gone(gone) : new Attested.As(With(workload, read, client.Options.CompareImages));
        }
        catch (ClusterException fault)
        {
            return new Attested.Refused(ReasonCodes.ClusterUnavailable, $"The cluster was asked and did not say: {fault.Detail}.");
        }
    }

    private static string? Wrong(Workload workload, string audience, TokenStatus review)
    {
        if (!review.Authenticated || review.Error is not null) return "The cluster does not take the token.";
        // A server that does not say which audience it found did not look.
        if (!review.Audiences.Contains(audience, StringComparer.Ordinal)) return "The cluster did not confirm the token's audience.";
        if (review.Name != workload.Subject) return "The cluster knows the token's account by another name.";
        if (review.Uid != workload.Attributes["serviceAccountUid"]) return "The token's account was deleted and made anew.";
        return review.PodUid == workload.Instance ? null : "The cluster binds the token to another pod, or to none.";
    }

    private static string? Wrong(Workload workload, PodRead pod)
    {
        if (pod.Uid != workload.Instance) return "Another pod has the name of the token's pod.";
        if (!pod.Lives) return "The token's pod is over, or is being deleted.";
        if (pod.ServiceAccount != workload.Attributes["serviceAccount"]) return "The pod runs under another account.";
        return workload.Attributes.TryGetValue("node", out var node) && pod.Node != node ? "The pod runs on another node." : null;
    }

    private static Workload With(Workload workload, PodRead pod, bool compare)
    {
        var facts = new Dictionary<string, string>(workload.Attributes, StringComparer.Ordinal) { ["specDigest"] = pod.SpecDigest };
        if (pod.Nonce is { } nonce) facts["nonce"] = nonce;
        facts["images"] = (compare ? pod.RunningImages : pod.PinnedImages) is { Length: > 0 } images ? images : "none";
        return workload with { Strength = Strength, Attributes = facts };
    }

    private static Attested.Refused Gone(string detail) => new(ReasonCodes.BindingMismatch, detail);
}
