using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Clusters;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Admission;

/// <summary>
/// Approvals of pods that were let in and may not be there yet: the server tries several names, another gate may say no.
/// Nothing can be claimed under a candidate. It is confirmed when the pod is seen to be there, as it was let in; else it expires.
/// </summary>
internal sealed class Candidates(AccountRights rights, ApprovalStore approvals, ApprovalRecords records, AdmissionRecords told, Journal journal, TimeProvider clock)
{
    /// <summary>Records the pod and what it reaches in one commit, or finds what was recorded for this very pod before.</summary>
    public async Task<AdmissionAnswer> RecordAsync(AdmissionGate gate, AdmissionRequest request, PodRead pod, IReadOnlyList<string> templates, string tier, CancellationToken cancel)
    {
        var now = clock.NowMs();
        IReadOnlyList<string> wildcard = await rights.WeaknessAsync(gate.Cluster, pod.Namespace, pod.ServiceAccount, cancel) is { } weakness ? [weakness] : [];
        var seen = new Circumstances { HostResources = PodPrivileges.HostResources(pod.Spec), Weaknesses = [.. PodPrivileges.Weaknesses(pod.Spec), .. wildcard] };
        var facts = new Dictionary<string, string>(StringComparer.Ordinal) { ["nonce"] = pod.Nonce!, ["specDigest"] = pod.SpecDigest };
        if (pod.PinnedImages is { Length: > 0 } images) facts["images"] = images;
        var approval = new Approval
        {
            Id = Ids.New(clock), Source = gate.Source.Name, Reference = pod.Uid, State = ApprovalState.Candidate, Environment = gate.Environment, Templates = templates,
            WorkloadUri = gate.UriOf(pod.Namespace, pod.ServiceAccount), Instance = pod.Uid, Nonce = pod.Nonce, Binding = Binding.Exact, Facts = facts, Image = tier == Words.Critical ? null : ImageOf(pod), Tier = tier,
            Requester = request.User.Length == 0 ? null : request.User, ReceivedAt = now, ClaimBy = now + (long)gate.Options.ConfirmWithin.TotalMilliseconds,
            ValidUntil = now + (long)gate.Source.Options.MaxValidity.TotalMilliseconds, MaxUses = 1, Uses = 0, Circumstances = seen,
        };
        var reasons = $"pod {pod.Name}; spec {pod.SpecDigest}; tier {tier}{(seen.HostResources.Count == 0 ? "" : $" because of {string.Join(", ", seen.HostResources)}")}";
        var (decision, record) = told.Allowed(gate, request, approval.Id, reasons);
        var refusal = await journal.CommitAsync(Lane.Issuing, new ApprovalArrival(approval), records.Received(gate.Source, approval, request.Uid), record);
        if (refusal is null) return Yes(approval, decision);
        // The same question again, or another with the same pod; a pod's UID is the server's to give.
        return refusal.Code == ReasonCodes.ApprovalFinal && await approvals.FindAsync(gate.Source.Name, pod.Uid, cancel) is { } before && IsSame(before, approval)
            ? Yes(before, before.Id)
            : AdmissionAnswer.No(refusal.Code, "this pod was decided before, and otherwise");
    }

    /// <summary>
    /// Pods that are there: candidates that are as they were let in are confirmed, and what was let in otherwise is denied.
    /// </summary>
    /// <param name="by">Who saw them.</param>
    /// <returns>What is no longer as it was approved, with what was approved; confirmed and bound ones only.</returns>
    public async Task<IReadOnlyList<(PodRead Pod, Approval Approval)>> SeenAsync(AdmissionGate gate, IReadOnlyList<PodRead> pods, string by, bool compareImages, CancellationToken cancel)
    {
        if (pods.Count == 0) return [];
        var known = (await approvals.ListLiveAsync(gate.Source.Name, [.. pods.Select(pod => pod.Uid)], cancel)).ToDictionary(a => a.Reference, StringComparer.Ordinal);
        var drifted = new List<(PodRead, Approval)>();
        var commits = new List<Task>();
        foreach (var pod in pods)
        {
            if (!known.TryGetValue(pod.Uid, out var approval)) continue;
            if (approval.State == ApprovalState.Candidate) commits.Add(IsAsApproved(pod, approval) ? ConfirmAsync(gate, approval, by) : DenyAsync(gate, approval));
            else if (!IsAsApproved(pod, approval) || (compareImages && RunsOthers(pod, approval))) drifted.Add((pod, approval));
        }

        await Task.WhenAll(commits);
        return drifted;
    }

    /// <summary>Of one nonce one pod is confirmed: which of several candidates came to be is known only now.</summary>
    private Task ConfirmAsync(AdmissionGate gate, Approval candidate, string by)
    {
        var now = clock.NowMs();
        var claimBy = now + (long)gate.Source.Options.ClaimWindow.TotalMilliseconds;
        return journal.CommitAsync(Lane.Issuing,
            new ApprovalConfirm(candidate.Id, claimBy, now),
            new RowGuard($"admission nonce {candidate.Source}/{candidate.Nonce}", new Statement(
                "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM approvals WHERE source = @source AND nonce = @nonce AND nonce IS NOT NULL AND id <> @id AND state IN (2, 3, 4, 7))")
            {
                Values = [("source", candidate.Source), ("nonce", candidate.Nonce), ("id", candidate.Id)],
            }, new Refusal(ReasonCodes.NonceRefused, "another pod of this nonce is there")),
            records.Confirmed(gate.Source, candidate, by));
    }

    private Task DenyAsync(AdmissionGate gate, Approval candidate) => journal.CommitAsync(Lane.Issuing,
        new ApprovalsOver([candidate.Id], ApprovalState.Denied), records.Stopped(gate.Source, candidate, "denied", "the pod is not as it was let in"));

    private static bool IsAsApproved(PodRead pod, Approval approval) =>
        approval.Facts.GetValueOrDefault("specDigest") == pod.SpecDigest && approval.Facts.GetValueOrDefault("nonce") == pod.Nonce && approval.WorkloadUri.EndsWith($"/{pod.Namespace}/{pod.ServiceAccount}", StringComparison.Ordinal);

    private static bool RunsOthers(PodRead pod, Approval approval) => approval.Facts.TryGetValue("images", out var images) && images != pod.RunningImages;

    private static bool IsSame(Approval before, Approval now) =>
        before.State is ApprovalState.Candidate or ApprovalState.Confirmed or ApprovalState.Bound && before.Nonce == now.Nonce && before.Facts.GetValueOrDefault("specDigest") == now.Facts["specDigest"]
        && before.WorkloadUri == now.WorkloadUri && before.Templates.SequenceEqual(now.Templates, StringComparer.Ordinal) && before.Tier == now.Tier;

    /// <summary>The one image of a pod that has one. Nobody looked at its signature here, which is why a critical pod's is not stated: it would be refused as unsigned.</summary>
    private static ImageFacts? ImageOf(PodRead pod) =>
        PodContainers.Of(pod.Spec).Where(c => c.Name != PodPatch.SidecarName).ToList() is [{ Image: { Length: > 0 and <= 512 } image }] ? new ImageFacts(image, "unsigned", null, null) : null;

    private static AdmissionAnswer Yes(Approval approval, string decision) =>
        AdmissionAnswer.Yes(("decision-id", decision), ("admission-id", approval.Id), ("tier", approval.Tier), ("templates", string.Join(',', approval.Templates)));
}
