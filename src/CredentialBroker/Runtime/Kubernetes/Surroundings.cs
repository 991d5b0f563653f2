using System.Text.Json;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>What counts about accounts, role bindings and namespaces, and whom it concerns.</summary>
internal static class Surroundings
{
    public static Remembered? Account(WatchedCluster cluster, JsonElement seen) => seen.Object("metadata") is { } metadata && metadata.Text("uid") is { } uid && metadata.Text("namespace") is { } space && metadata.Text("name") is { } name
        ? new Remembered(uid, Remembered.PrintOf(Texts(seen, "secrets"), Texts(seen, "imagePullSecrets"), Texts(metadata, "annotations"), Texts(seen, "automountServiceAccountToken")), [("uri", cluster.UriOf(space, name))])
        : null;

    public static Remembered? Namespace(JsonElement seen) => seen.Object("metadata") is { } metadata && metadata.Text("uid") is { } uid && metadata.Text("name") is { } name
        ? new Remembered(uid, Remembered.PrintOf(Texts(metadata, "labels"), metadata.Text("deletionTimestamp")), [("namespace", name)])
        : null;

    public static Remembered? Binding(WatchedCluster cluster, JsonElement seen) => seen.Object("metadata") is { } metadata && metadata.Text("uid") is { } uid
        ? new Remembered(uid, Remembered.PrintOf(Texts(seen, "roleRef"), Texts(seen, "subjects")), [.. seen.Items("subjects").SelectMany(subject => Concerned(cluster, subject, metadata.Text("namespace")))])
        : null;

    private static IEnumerable<(string, string)> Concerned(WatchedCluster cluster, JsonElement subject, string? space) => (subject.Text("kind"), subject.Text("name")) switch
    {
        ("ServiceAccount", { } name) when (subject.Text("namespace") ?? space) is { } of => [("uri", cluster.UriOf(of, name))],
        // All accounts of a namespace, by the group that they are in.
        ("Group", { } group) when group.StartsWith("system:serviceaccounts:", StringComparison.Ordinal) => [("namespace", group["system:serviceaccounts:".Length..])],
        _ => [],
    };

    private static string Texts(JsonElement of, string member) => of.TryGetProperty(member, out var value) ? value.GetRawText() : "";
}
