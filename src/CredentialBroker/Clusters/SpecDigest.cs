using System.Security.Cryptography;
using System.Text.Json;

namespace CredentialBroker.Clusters;

/// <summary>
/// SHA-256 over what of a pod's spec decides what runs and with which rights, in one canonical form: members by name,
/// nothing that is null or an empty list. What others may change in the life of a pod without changing that (where it was
/// placed, how long it may take, what it is given of the node) is left out.
/// </summary>
internal static class SpecDigest
{
    private static readonly HashSet<string> OfSpec = new(StringComparer.Ordinal)
    {
        "nodeName", "nodeSelector", "affinity", "tolerations", "schedulingGates", "schedulerName", "topologySpreadConstraints", "activeDeadlineSeconds",
        "terminationGracePeriodSeconds", "priority", "priorityClassName", "preemptionPolicy", "overhead", "resources", "enableServiceLinks",
    };

    private static readonly HashSet<string> OfContainer = new(StringComparer.Ordinal) { "resources", "resizePolicy" };

    public static string Of(JsonElement spec)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes)) Write(writer, spec, OfSpec, inSpec: true);
        return $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)))}";
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, HashSet<string>? without, bool inSpec = false)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().Where(m => without?.Contains(m.Name) != true && !IsNothing(m.Value)).OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, inSpec && member.Name is "containers" or "initContainers" or "ephemeralContainers" ? OfContainer : null);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var one in value.EnumerateArray()) Write(writer, one, without);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static bool IsNothing(JsonElement value) => value.ValueKind is JsonValueKind.Null || (value.ValueKind is JsonValueKind.Array && value.GetArrayLength() == 0);
}
