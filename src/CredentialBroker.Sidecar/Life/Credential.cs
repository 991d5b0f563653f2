using System.Security.Cryptography;
using System.Text.Json;
using CredentialBroker.Sidecar.Hosting;

namespace CredentialBroker.Sidecar.Life;

/// <summary>
/// One credential in memory: its members as JSON, in bytes that do not move and, where the system lets it, are not swapped
/// out. Once dropped it is zeros, and nothing can be read from it.
/// </summary>
internal sealed class Credential
{
    private readonly Lock _gate = new();
    private byte[]? _json;

    private Credential(byte[] json) => _json = json;

    /// <param name="members">An object of texts.</param>
    /// <exception cref="InvalidDataException">It is anything else.</exception>
    public static Credential Of(JsonElement members)
    {
        if (members.ValueKind != JsonValueKind.Object || members.EnumerateObject().Any(m => m.Value.ValueKind != JsonValueKind.String)) throw new InvalidDataException("a credential is an object of texts");
        var raw = JsonSerializer.SerializeToUtf8Bytes(members, CredentialJson.Default.JsonElement);
        var kept = GC.AllocateUninitializedArray<byte>(raw.Length, pinned: true);
        LockedMemory.Lock(kept);
        raw.CopyTo(kept, 0);
        CryptographicOperations.ZeroMemory(raw);
        return new Credential(kept);
    }

    /// <summary>Reads from the members; null once the credential was dropped.</summary>
    public T? Read<T>(Func<JsonElement, T?> read)
        where T : class
    {
        lock (_gate)
        {
            if (_json is null) return null;
            using var json = JsonDocument.Parse(_json);
            return read(json.RootElement);
        }
    }

    /// <summary>One member; null where there is none of that name, or the credential was dropped.</summary>
    public string? Member(string name) => Read(members => members.TryGetProperty(name, out var value) ? value.GetString() : null);

    public void Drop()
    {
        lock (_gate)
        {
            if (_json is not null) CryptographicOperations.ZeroMemory(_json);
            _json = null;
        }
    }

    public override string ToString() => "[credential]";
}
