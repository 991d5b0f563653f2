using System.Text.Json;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Clusters;

/// <param name="Pinned">Digest of its image, such as <c>sha256:…</c>; null where the image is named by a tag.</param>
internal sealed record PodContainer(string Name, string Image, string? Pinned, JsonElement Whole);

/// <summary>The containers of a pod, of all three lists.</summary>
internal static class PodContainers
{
    private const int DigestLength = 71;

    public static IEnumerable<PodContainer> Of(JsonElement spec) =>
        from list in new[] { "initContainers", "containers", "ephemeralContainers" }
        from container in spec.Items(list)
        let image = container.Text("image") ?? ""
        select new PodContainer(container.Text("name") ?? "", image, DigestOf(image), container);

    /// <summary>Digests of the images that run, by container, as the node reports them.</summary>
    public static IReadOnlyDictionary<string, string> Running(JsonElement pod)
    {
        var running = new Dictionary<string, string>(StringComparer.Ordinal);
        if (pod.Object("status") is not { } status) return running;
        foreach (var one in new[] { "initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses" }.SelectMany(list => status.Items(list)))
        {
            if (one.Text("name") is { } name && one.Text("imageID") is { } id && DigestOf(id) is { } digest) running[name] = digest;
        }

        return running;
    }

    /// <summary>The objects of a list; none where it is absent or of another form.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object) : [];

    private static string? DigestOf(string image) =>
        image.LastIndexOf('@') is > 0 and var at && image[(at + 1)..] is { Length: DigestLength } digest && digest.StartsWith("sha256:", StringComparison.Ordinal) && digest[7..].All(char.IsAsciiHexDigitLower) ? digest : null;
}
