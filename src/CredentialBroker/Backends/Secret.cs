using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace CredentialBroker.Backends;

/// <summary>
/// A credential as one JSON object in UTF-8, on its way to the workload. It prints as a placeholder, so that no log,
/// exception or debugger display carries it by accident.
/// </summary>
internal sealed class Secret
{
    private readonly Lazy<ReadOnlyMemory<byte>> _json;

    /// <summary>Builds the object from its members; every value is a string.</summary>
    public Secret(params ReadOnlySpan<(string Name, string Value)> members)
    {
        IsEmpty = members.Length == 0;
        var json = JsonOf(members);
        (_json, Fingerprinted) = (new(json), json);
    }

    private Secret(ReadOnlyMemory<byte> said, Func<(string Name, string Value)[]> sign) =>
        (_json, Fingerprinted) = (new(() => JsonOf(sign()), LazyThreadSafetyMode.ExecutionAndPublication), said);

    /// <summary>Nothing to hand out.</summary>
    public bool IsEmpty { get; }

    /// <summary>What the keyed fingerprint is made of: the object, or of a signed one what was signed.</summary>
    public ReadOnlyMemory<byte> Fingerprinted { get; }

    /// <summary>
    /// A credential whose signature may wait: it is made when the secret is first revealed, so that it can be made while
    /// the commit that allows it runs.
    /// </summary>
    /// <param name="said">What the signature is made over.</param>
    public static Secret Unsigned(ReadOnlyMemory<byte> said, Func<(string Name, string Value)[]> sign) => new(said, sign);

    /// <summary>Makes the signature now, where one is to be made.</summary>
    /// <returns>False when it cannot be made.</returns>
    public bool TryComplete()
    {
        try
        {
            Reveal();
            return true;
        }
        catch (Exception fault) when (fault is CryptographicException or ObjectDisposedException) // a key that was erased meanwhile
        {
            return false;
        }
    }

    /// <summary>The object's bytes; only the answer writer reads them.</summary>
    public ReadOnlyMemory<byte> Reveal() => _json.Value;

    /// <summary>One member; for the backend that made it and uses it for a proof.</summary>
    public string Member(string name)
    {
        using var json = JsonDocument.Parse(Reveal());
        return json.RootElement.GetProperty(name).GetString()!;
    }

    public override string ToString() => "[secret]";

    private static ReadOnlyMemory<byte> JsonOf(ReadOnlySpan<(string Name, string Value)> members)
    {
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

        return buffer.WrittenMemory;
    }
}
