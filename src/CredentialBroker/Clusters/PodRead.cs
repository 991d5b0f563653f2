using System.Text.Json;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Clusters;

/// <summary>What of a pod counts here, read from the object as the API server has it.</summary>
internal sealed record PodRead
{
    public const string Annotations = "credbroker.io/";
    public const string NonceAnnotation = Annotations + "nonce";
    public const string TemplatesAnnotation = Annotations + "templates";

    public required string Namespace { get; init; }
    /// <summary>Empty before the server gave it one.</summary>
    public required string Name { get; init; }
    /// <summary>Empty before the server gave it one.</summary>
    public required string Uid { get; init; }
    public required string ServiceAccount { get; init; }
    public required string? Node { get; init; }
    public required string? Phase { get; init; }
    public required bool Deleting { get; init; }
    public required string? Nonce { get; init; }
    public required string? Templates { get; init; }
    public required JsonElement Spec { get; init; }
    public required JsonElement Whole { get; init; }

    public string SpecDigest { get; private init; } = "";

    /// <summary>It runs, or will.</summary>
    public bool Lives => !Deleting && Phase is not ("Succeeded" or "Failed");

    /// <returns>Null when it is no pod.</returns>
    public static PodRead? Of(JsonElement pod, string? space = null)
    {
        if (pod.ValueKind != JsonValueKind.Object || pod.Object("metadata") is not { } metadata || pod.Object("spec") is not { } spec) return null;
        var annotations = metadata.Object("annotations");
        return new PodRead
        {
            Namespace = metadata.Text("namespace") ?? space ?? "",
            Name = metadata.Text("name") ?? "",
            Uid = metadata.Text("uid") ?? "",
            // What the server fills in where nobody says.
            ServiceAccount = spec.Text("serviceAccountName") ?? "default",
            Node = spec.Text("nodeName"),
            Phase = pod.Object("status")?.Text("phase"),
            Deleting = metadata.Text("deletionTimestamp") is not null,
            Nonce = annotations?.Text(NonceAnnotation),
            Templates = annotations?.Text(TemplatesAnnotation),
            Spec = spec,
            Whole = pod,
            SpecDigest = Clusters.SpecDigest.Of(spec),
        };
    }

    /// <summary>Containers whose image is pinned, as <c>name=sha256:…</c>; empty when none is.</summary>
    public string PinnedImages => string.Join(',', PodContainers.Of(Spec).Where(c => c.Pinned is not null).Select(c => $"{c.Name}={c.Pinned}").Order(StringComparer.Ordinal));

    /// <summary>The same with the digests that the node says are running, where it says so.</summary>
    public string RunningImages
    {
        get
        {
            var running = PodContainers.Running(Whole);
            return string.Join(',', PodContainers.Of(Spec).Where(c => c.Pinned is not null).Select(c => $"{c.Name}={running.GetValueOrDefault(c.Name) ?? c.Pinned}").Order(StringComparer.Ordinal));
        }
    }
}
