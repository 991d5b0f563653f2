using System.Text.Json;
using CredentialBroker.Admission;
using CredentialBroker.Audit;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;
using CredentialBroker.Controls;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Leases;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage.Journaling;
using StrictJson = CredentialBroker.Attestation.StrictJson;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>
/// The API server's own audit log (EventList, audit.k8s.io/v1): a second way to learn that a pod came to be or went, and the
/// only place where it tells that a webhook was passed over.
/// </summary>
internal sealed class ClusterAudit(IReadOnlyList<WatchedCluster> watched, Candidates candidates, PodEnds ends, FindingStore findings, ControlStore controls, Journal journal, AuditChain chain, TimeProvider clock)
{
    private static readonly string[] PassedOver = ["failed-open.validating.webhook.admission.k8s.io/", "failed-open.mutation.webhook.admission.k8s.io/"];

    private const long Suspended = 24 * 60 * 60 * 1000;

    /// <summary>Null when it is taken; else what is wrong with it.</summary>
    public async Task<string?> TakeAsync(string name, byte[] body, CancellationToken cancel)
    {
        if (!StrictJson.TryReadObject(body, out var json, out var malformed)) return $"the body {malformed}";
        if (json.Text("apiVersion") != "audit.k8s.io/v1" || json.Text("kind") != "EventList" || !json.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array) return "the body is no EventList of audit.k8s.io/v1";
        if (watched.FirstOrDefault(one => one.Name == name) is not { Gate: { } gate } cluster) return "no cluster of this name is gated here";
        var (made, gone, open) = (new List<PodRead>(), new List<GonePod>(), new List<(Finding Finding, string? Pod)>());
        foreach (var one in json.Items("items").Where(one => one.Text("stage") == "ResponseComplete"))
        {
            if (OpenOf(one) is { } passed) open.Add((passed, one.Object("responseObject") is { } let && PodRead.Of(let, one.Object("objectRef")?.Text("namespace")) is { Uid.Length: > 0 } by ? by.Uid : null));
            if (one.Object("objectRef") is not { } about || about.Text("resource") != "pods" || about.Text("subresource") is not null || one.Object("responseStatus")?.Seconds("code") is not (200 or 201)) continue;
            // A dry run is answered like the real thing, and makes nothing.
            if (one.Text("requestURI")?.Contains("dryRun=", StringComparison.Ordinal) != false || one.Object("responseObject") is not { } answered || PodRead.Of(answered, about.Text("namespace")) is not { Uid.Length: > 0 } pod) continue;
            if (one.Text("verb") == "create" && pod.Nonce is not null) made.Add(pod);
            else if (one.Text("verb") == "delete") gone.Add(new GonePod(pod.Uid, cluster.WorkloadIdOf(pod)));
        }

        await candidates.SeenAsync(gate, made, "audit", compareImages: false, cancel);
        if (gone.Count > 0) await ends.EndAsync(cluster, gone, Causes.WorkloadGone, cancel);
        foreach (var (passed, pod) in open.DistinctBy(one => one.Finding.Detail))
        {
            await findings.RecordAsync($"clusters/{cluster.Name}/failed-open/{passed.Detail.Split(' ')[0]}", [passed], cancel);
            await journal.CommitAsync(Lane.Control,
            [
                (AuditEvent.Of(clock, "bypass.detected", Streams.Control) with { Subject = $"cluster:{cluster.Name}", Detail = passed.Detail, Owners = gate.Source.Owners }).On(chain),
                .. pod is null ? [] : await SuspendAsync(cluster, pod, passed.Detail, cancel),
            ]);
        }

        return null;
    }

    /// <summary>Whatever got past a gate neither claims nor renews until somebody looked, for a day at most (R41).</summary>
    private async Task<IReadOnlyList<Work>> SuspendAsync(WatchedCluster cluster, string pod, string reason, CancellationToken cancel)
    {
        var selector = string.Join(',', new Term("source", Comparison.Is, [cluster.Workloads], 0), new Term("instance", Comparison.Is, [pod], 0));
        if ((await controls.ReadAsync(cancel)).Freezes.Any(freeze => freeze.SelectorText == selector)) return [];
        return controls.Freezing(selector, reason, $"cluster:{cluster.Name}", clock.NowMs() + Suspended).Works;
    }

    private static Finding? OpenOf(JsonElement one)
    {
        if (one.Object("annotations") is not { } annotations) return null;
        foreach (var annotation in annotations.EnumerateObject())
        {
            if (!PassedOver.Any(prefix => annotation.Name.StartsWith(prefix, StringComparison.Ordinal)) || annotation.Value.ValueKind != JsonValueKind.String) continue;
            var webhook = Plain(annotation.Value.GetString()!);
            var about = one.Object("objectRef");
            return new Finding(FindingKinds.FailedOpen, $"{webhook} was passed over for {Plain(one.Text("verb"))} of {Plain(about?.Text("resource"))} {Plain(about?.Text("namespace"))}/{Plain(about?.Text("name"))}, request {Plain(one.Text("auditID"))}");
        }

        return null;
    }

    private static string Plain(string? text) => text is { Length: > 0 and <= 253 } && !text.Contains(' ', StringComparison.Ordinal) && Approvals.Text.IsPlain(text) ? text : "?";
}
