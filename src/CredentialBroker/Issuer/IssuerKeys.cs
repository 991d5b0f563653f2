using System.Security.Cryptography;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>Makes a key for a purpose.</summary>
/// <param name="former">The key that it takes over from; null for a store's first.</param>
internal delegate SigningKey KeyMaker(KeyPurpose purpose, KeyRow? former);

/// <summary>
/// Brings the keys of the store into the rings. What each key is follows from the database's time, so replicas that
/// start together, or see a new key a second apart, agree.
/// </summary>
internal sealed class IssuerKeys(KeyStore keys, KeyRings rings, Fingerprints fingerprints, KeyEncryption encryption, KeyMaker maker, TimeProvider clock)
{
    private readonly Dictionary<string, SigningKey> _opened = new(StringComparer.Ordinal);
    private IReadOnlyList<KeyRow> _rows = [];

    /// <summary>Reads the keys, and makes what is missing. Of replicas that start together, the first to write wins.</summary>
    /// <exception cref="InvalidOperationException">The key-encryption key is missing, or not the one that wrapped them.</exception>
    public async Task LoadAsync(CancellationToken cancel)
    {
        encryption.Load();
        // Opened before anything is made: a wrong key-encryption key must not leave keys of its own in the store.
        await TakeAsync(await keys.ReadAsync(cancel));
        var present = _rows.Select(row => row.Purpose).ToHashSet(StringComparer.Ordinal);
        var now = clock.NowMs();
        foreach (var purpose in KeyPurpose.All.Where(purpose => !present.Contains(purpose.Word))) await MakeAsync(purpose, KeyTimes.First(now), null, null);
        if (!present.Contains(KeyRow.FingerprintPurpose))
            await keys.AddAsync(KeyRow.FingerprintPurpose, KeyRow.FingerprintPurpose, RandomNumberGenerator.GetBytes(32), KeyTimes.First(now), null, null);
        await RefreshAsync(cancel);
    }

    /// <summary>Takes over what replicas changed, and what became due.</summary>
    /// <returns>All keys, oldest first.</returns>
    public async Task<IReadOnlyList<KeyRow>> RefreshAsync(CancellationToken cancel)
    {
        await TakeAsync(await keys.ReadAsync(cancel));
        foreach (var purpose in KeyPurpose.All) Fill(rings[purpose], clock.NowMs());
        return _rows;
    }

    /// <summary>Makes a key.</summary>
    /// <returns>False when another replica changed the keys first.</returns>
    public async Task<bool> MakeAsync(KeyPurpose purpose, KeyTimes times, KeyRow? former, string? by)
    {
        using var made = maker(purpose, former);
        var pkcs8 = made.ExportPkcs8();
        try
        {
            return await keys.AddAsync(made.Kid, purpose.Word, pkcs8, times, former, by);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    private async Task TakeAsync(IReadOnlyList<KeyRow> rows)
    {
        var anew = new List<(KeyRow Key, byte[] PrivateKey)>();
        foreach (var row in rows.Where(row => !row.IsErased && !_opened.ContainsKey(row.Kid)))
        {
            var secret = encryption.Unwrap(row.Kid, row.Wrapped, out var former);
            if (row.Purpose == KeyRow.FingerprintPurpose) fingerprints.Use([.. secret]);
            else if (KeyPurpose.Find(row.Purpose) is not null) _opened.Add(row.Kid, SigningKey.Import(secret, row.Kid));
            if (former) anew.Add((row, secret));
            else CryptographicOperations.ZeroMemory(secret);
        }

        // Where another replica was faster, what it left is opened once more at the next refresh.
        if (anew.Count > 0 && !await keys.RewrapAsync(anew)) anew.ForEach(one => _opened.Remove(one.Key.Kid));
        foreach (var (_, secret) in anew) CryptographicOperations.ZeroMemory(secret);
        foreach (var gone in rows.Where(row => row.IsErased))
        {
            if (_opened.Remove(gone.Kid, out var key)) key.Dispose();
        }

        _rows = rows;
    }

    private void Fill(KeyRing ring, long now)
    {
        var rows = _rows.Where(row => row.Purpose == ring.Purpose.Word).ToList();
        var kept = rows.Where(row => _opened.ContainsKey(row.Kid)).ToList();
        // The first key signs at once, also for a replica whose clock is a moment behind the one that made it.
        var signer = KeyRow.SignerOf(kept, now) ?? kept[0];
        var published = rows.Where(row => ring.Purpose.StaysPublished || !row.IsRetired(now));
        ring.Replace(_opened[signer.Kid], [.. published.Select(PublicOf)], [.. kept.Select(row => _opened[row.Kid])]);
    }

    private VerifyingKey PublicOf(KeyRow row) => _opened.TryGetValue(row.Kid, out var key) ? key.Verifying : VerifyingKey.Parse(row.PublicKey!);
}
