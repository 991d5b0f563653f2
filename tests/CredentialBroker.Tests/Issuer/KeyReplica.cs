using CredentialBroker.Audit;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

/// <summary>The keys of one replica, on a real store.</summary>
internal sealed class KeyReplica
{
    public KeyReplica(Replica replica, KeyOptions options)
    {
        var encryption = new KeyEncryption(options, null);
        Store = new KeyStore(replica.Store, replica.Journal, encryption, change =>
            (AuditEvent.Of(replica.Clock, change.Type, Streams.Control) with { Actor = change.By ?? "broker", Subject = $"{change.Purpose}/{change.Kid}", Detail = change.Detail }).On(replica.Chain));
        Keys = new IssuerKeys(Store, Rings, Fingerprints, encryption, KnownKeys.Make, replica.Clock);
        Rotation = new KeyRotation(Keys, Store, Rings, options, replica.Clock);
    }

    public KeyRings Rings { get; } = new("https://broker.example", ReservedAudiences.BuiltIn);

    public Fingerprints Fingerprints { get; } = new();

    public KeyStore Store { get; }

    public IssuerKeys Keys { get; }

    public KeyRotation Rotation { get; }

    public static async Task<KeyReplica> LoadAsync(Replica replica, KeyOptions options)
    {
        var keys = new KeyReplica(replica, options);
        await keys.Keys.LoadAsync(default);
        return keys;
    }

    public Task RunAsync() => Rotation.RunAsync(default);

    public async Task<List<KeyRow>> RowsAsync(KeyPurpose purpose) => [.. (await Store.ReadAsync(default)).Where(row => row.Purpose == purpose.Word)];
}

/// <summary>A file with a fresh key-encryption key, gone with the test.</summary>
internal sealed class KekFile : IDisposable
{
    public string Path { get; } = System.IO.Path.GetTempFileName();

    public KekFile() => File.WriteAllText(Path, Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes)));

    public KeyOptions Options => new() { KeyEncryptionKeyFile = Path };

    public void Dispose() => File.Delete(Path);
}
