using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Moves;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Admission;

/// <summary>What is done to pods that are there: changes of their marks, debug containers, ways in, and tokens in their name.</summary>
internal sealed class ChangeGate(LeaseStore leases, ApprovalStore approvals, AdmissionRecords records, Journal journal, DueSignal due, TimeProvider clock)
{
    private const int MostLeases = 100;

    /// <summary>Nothing of the broker's marks may change. What else changes is seen by the watch, and judged there.</summary>
    public static AdmissionAnswer Update(AdmissionRequest request)
    {
        if (request.Object is not { } now || request.Old is not { } old) return AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "the question does not hold the pod before and after");
        return Marks(now).SequenceEqual(Marks(old))
            ? AdmissionAnswer.Yes()
            : AdmissionAnswer.No(ReasonCodes.AdmissionRefused, $"annotations under {PodRead.Annotations} are set when a pod is made, and stay");
    }

    public static AdmissionAnswer Debug(AdmissionGate gate, AdmissionRequest request) =>
        request.Old is { } old && !Marks(old).Any() ? AdmissionAnswer.Yes()
        : gate.Options.EphemeralContainers == "allow" ? Update(request)
        : AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "a pod that was approved takes no debug containers");

    /// <summary>Into a pod that holds leases: refused, or its leases end first, or it is recorded.</summary>
    public async Task<AdmissionAnswer> ConnectAsync(AdmissionGate gate, AdmissionRequest request, CancellationToken cancel)
    {
        if (!Attestation.DnsNames.Label(request.Namespace) || !Attestation.DnsNames.Subdomain(request.Name)) return AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "the question names no pod");
        var selector = new Selector([new Term("source", Comparison.Is, [gate.Workloads], 0), new Term("namespace", Comparison.Is, [request.Namespace], 0), new Term("pod", Comparison.Is, [request.Name], 0)]);
        var held = await leases.ListAsync(selector, ended: false, before: null, MostLeases, cancel);
        if (held.Count == 0) return AdmissionAnswer.Yes();
        if (gate.Options.Connect == "refuse") return AdmissionAnswer.No(ReasonCodes.AdmissionRefused, $"the pod holds {held.Count} leases; end its task first");
        if (gate.Options.Connect == "allow")
        {
            if (!request.DryRun) await journal.CommitAsync(Lane.Control, records.Entered(gate, request, held.Count, "its leases go on"));
            return AdmissionAnswer.Yes(("leases", "go on"));
        }

        if (request.DryRun) return AdmissionAnswer.Yes(("leases", "would end"));
        var instances = held.Select(lease => lease.Instance).Distinct(StringComparer.Ordinal).ToList();
        var over = await approvals.ListLiveAsync(gate.Source.Name, instances, cancel);
        await journal.CommitAsync(Lane.Control,
            new ApprovalsOver([.. over.Select(a => a.Id)], ApprovalState.Withdrawn), LeaseStore.EndAllOfWorkloads(held.Select(lease => lease.Lease.WorkloadId), clock.NowMs(), Causes.Drift),
            records.Entered(gate, request, held.Count, "its leases end"));
        due.Ring();
        return AdmissionAnswer.Yes(("leases", "end"));
    }

    /// <summary>A token for this broker is made for a pod, by the node's kubelet; nobody else may ask for one.</summary>
    public static AdmissionAnswer Token(AdmissionGate gate, AdmissionRequest request)
    {
        if (request.Object?.Object("spec") is not { } spec) return AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "the question holds no request for a token");
        if (spec.Texts("audiences") is not { } audiences) return spec.TryGetProperty("audiences", out var some) && some.ValueKind != JsonValueKind.Null ? AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "audiences is no list") : AdmissionAnswer.Yes();
        if (!audiences.Contains(gate.Audience, StringComparer.Ordinal)) return AdmissionAnswer.Yes();
        var kubelet = request.User.StartsWith("system:node:", StringComparison.Ordinal) && request.Groups.Contains("system:nodes", StringComparer.Ordinal);
        return kubelet && audiences.Count == 1 && spec.Object("boundObjectRef") is { } bound && bound.Text("kind") == "Pod" && bound.Text("uid") is not null
            ? AdmissionAnswer.Yes()
            : AdmissionAnswer.No(ReasonCodes.AdmissionRefused, "a token for this broker is made for a pod by its node, and for nobody else");
    }

    private static IEnumerable<(string, string)> Marks(JsonElement pod) =>
        pod.Object("metadata")?.Object("annotations") is { } annotations
            ? annotations.EnumerateObject().Where(a => a.Name.StartsWith(PodRead.Annotations, StringComparison.Ordinal)).Select(a => (a.Name, a.Value.ToString())).Order()
            : [];
}
