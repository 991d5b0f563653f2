using System.Security.Cryptography;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuer;

/// <summary>
/// The broker's keys in the store, wrapped by the key-encryption key: the workload issuer's signing key and the
/// fingerprint key. Replicas that start together agree on the ones that were written first.
/// </summary>
internal sealed class IssuerKeys(Store store, Journal journal, KeyRing ring, Fingerprints fingerprints, KeyEncryption encryption, TimeProvider clock)
{
    private const string Workload = "workload";
    private const string Fingerprint = "fingerprint";
    private const string Checkpoint = "checkpoint";

    private SigningKey? _checkpoint;

    /// <summary>Signs evidence.</summary>
    public SigningKey Evidence => _checkpoint ?? throw new InvalidOperationException("the checkpoint key is not loaded");

    /// <summary>Reads the keys, and makes what is missing.</summary>
    /// <exception cref="InvalidOperationException">The key-encryption key is not the one that wrapped them.</exception>
    public async Task LoadAsync(CancellationToken cancel)
    {
        var wrapping = encryption.Read();
        var signing = await FindOrMakeAsync(Workload, wrapping, cancel);
        var evidence = await FindOrMakeAsync(Checkpoint, wrapping, cancel);
        if (await FindAsync(Fingerprint, cancel) is not { } keyed)
        {
            await KeepAsync(Fingerprint, Fingerprint, KeyWrap.Wrap(wrapping, Fingerprint, RandomNumberGenerator.GetBytes(32)));
            keyed = (await FindAsync(Fingerprint, cancel))!.Value;
        }

        try
        {
            var key = SigningKey.Import(KeyWrap.Unwrap(wrapping, signing.Kid, signing.Wrapped), signing.Kid);
            ring.Replace(key, [key]);
            _checkpoint = SigningKey.Import(KeyWrap.Unwrap(wrapping, evidence.Kid, evidence.Wrapped), evidence.Kid);
            fingerprints.Use(KeyWrap.Unwrap(wrapping, keyed.Kid, keyed.Wrapped));
        }
        catch (CryptographicException error)
        {
            throw new InvalidOperationException("the key-encryption key is not the one that wrapped the keys in this store", error);
        }
    }

    private async Task<(string Kid, byte[] Wrapped)> FindOrMakeAsync(string issuer, byte[] wrapping, CancellationToken cancel)
    {
        if (await FindAsync(issuer, cancel) is { } found) return found;
        using var made = SigningKey.Generate();
        await KeepAsync(issuer, made.Kid, KeyWrap.Wrap(wrapping, made.Kid, made.ExportPkcs8()));
        return (await FindAsync(issuer, cancel))!.Value;
    }

    private async Task<(string Kid, byte[] Wrapped)?> FindAsync(string issuer, CancellationToken cancel)
    {
        var found = await store.ListAsync(Pool.Control, new Statement("SELECT kid, wrapped FROM signing_keys WHERE issuer = @issuer ORDER BY made_at, kid")
        {
            Values = [("issuer", issuer)],
        }, row => (row.GetString(0), Convert.FromBase64String(row.GetString(1))), cancel);
        return found.Count == 0 ? null : found[0];
    }

    private Task KeepAsync(string issuer, string kid, byte[] wrapped) => journal.CommitAsync(Lane.Control, new PlainWrite(
        """
        INSERT INTO signing_keys (kid, issuer, wrapped, made_at, signs_from)
        SELECT @kid, @issuer, @wrapped, @now, @now WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE issuer = @issuer)
        """,
        ("kid", kid), ("issuer", issuer), ("wrapped", Convert.ToBase64String(wrapped)), ("now", clock.NowMs())) { LockNames = ["keys"] });
}

/// <summary>Where the key-encryption key comes from: a file, or in development one that is made beside the store.</summary>
internal sealed class KeyEncryption(KeyOptions options, string? developmentFolder)
{
    public byte[] Read()
    {
        var file = options.KeyEncryptionKeyFile ?? Made();
        var key = Convert.FromBase64String(File.ReadAllText(file).Trim());
        return key.Length == KeyWrap.KeyBytes ? key : throw new InvalidOperationException($"'{file}' does not hold 32 bytes in base64");
    }

    private string Made()
    {
        var folder = developmentFolder ?? throw new InvalidOperationException("Keys:KeyEncryptionKeyFile is required outside the dev profile");
        PrivateFiles.MakeFolder(folder);
        var file = Path.Combine(folder, "key-encryption-key");
        if (!File.Exists(file)) PrivateFiles.Write(file, System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes))));
        return file;
    }
}
