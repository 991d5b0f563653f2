using System.Buffers;
using System.Text.Json;

namespace CredentialBroker.Backends;

/// <summary>
/// A credential as one JSON object in UTF-8, on its way to the workload. It prints as a placeholder, so that no log,
/// exception or debugger display carries it by accident.
/// </summary>
internal sealed class Secret
{
    private readonly ReadOnlyMemory<byte> _json;

    /// <summary>Nothing to hand out.</summary>
    public bool IsEmpty { get; }

    /// <summary>Builds the object from its members; every value is a string.</summary>
    public Secret(params ReadOnlySpan<(string Name, string Value)> members)
    {
        IsEmpty = members.Length == 0;
        var size = 2;
        // Members are ASCII as a rule; what is longer once it is escaped makes the buffer grow.
        foreach (var (name, value) in members) size += name.Length + value.Length + 6;
        var buffer = new ArrayBufferWriter<byte>(size);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in members) json.WriteString(name, value);
            json.WriteEndObject();
        }

        _json = buffer.WrittenMemory;
    }

    /// <summary>The object's bytes; only the answer writer and the fingerprint read them.</summary>
    public ReadOnlyMemory<byte> Reveal() => _json;

    /// <summary>One member; for the backend that made it and uses it for a proof.</summary>
    public string Member(string name)
    {
        using var json = JsonDocument.Parse(_json);
        return json.RootElement.GetProperty(name).GetString()!;
    }

    public override string ToString() => "[secret]";
}
