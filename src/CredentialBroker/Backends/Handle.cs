using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends;

/// <summary>
/// Every handle is one small JSON object with a version <c>v</c>, the <c>target</c>, and whatever its backend needs to
/// end what was made. It is stored in clear, so it never holds a secret.
/// </summary>
internal static class Handle
{
    public const int MaxBytes = 2048;

    private const int Version = 1;

    public static string Write(string target, params ReadOnlySpan<(string Name, string Value)> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v"u8, Version);
            json.WriteString("target"u8, target);
            foreach (var (name, value) in members) json.WriteString(name, value);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Reads the members named; a handle that is not of this shape was damaged, and trying again does not help.</summary>
    public static Dictionary<string, string> Read(string backend, string handle, params ReadOnlySpan<string> names)
    {
        try
        {
            using var json = JsonDocument.Parse(handle);
            if (json.RootElement.GetProperty("v").GetInt32() != Version) throw Damaged(backend, null);
            var found = new Dictionary<string, string>();
            foreach (var name in names) found[name] = json.RootElement.GetProperty(name).GetString() ?? throw Damaged(backend, null);
            return found;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(backend, e);
        }
    }

    /// <summary>One member, or null where the handle has none of that name, or is of another version.</summary>
    public static string? Find(string handle, string name)
    {
        try
        {
            using var json = JsonDocument.Parse(handle);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string TargetOf(string backend, string handle) => Read(backend, handle, "target")["target"];

    private static BackendException Damaged(string backend, Exception? inner) =>
        new(backend, ReasonCodes.EndFailed, "the lease's handle is not one this version wrote", transient: false, inner);
}
