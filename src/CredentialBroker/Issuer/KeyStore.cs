using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuer;

/// <summary>A change of keys, for the evidence.</summary>
/// <param name="Type"><c>key.made</c>, <c>key.retired</c> or <c>key.rewrapped</c>.</param>
/// <param name="By">The operator who asked for it; null when it was due.</param>
internal sealed record KeyChange(string Type, string Purpose, string Kid, string? By, string Detail);

/// <summary>Makes the record of a change, which commits with it.</summary>
internal delegate Work KeyRecord(KeyChange change);

/// <summary>Keys in the store: every private key wrapped, every change guarded and on record.</summary>
internal sealed class KeyStore(Store store, Journal journal, KeyEncryption encryption, KeyRecord record)
{
    /// <summary>All keys, oldest first.</summary>
    public Task<List<KeyRow>> ReadAsync(CancellationToken cancel) => store.ListAsync(Pool.Control, KeyRow.All, KeyRow.Read, cancel);

    /// <returns>False when another replica changed the keys first.</returns>
    public Task<bool> AddAsync(string kid, string purpose, byte[] privateKey, KeyTimes times, KeyRow? former, string? by)
    {
        var key = new KeyRow(kid, purpose, encryption.Wrap(kid, privateKey), null, times.MadeAt, times.SignsFrom, null);
        var detail = $"signs from {At(times.SignsFrom)}" + (former is null ? "" : $"; those before it, {former.Kid} the newest of them, are retired at {At(times.FormerRetiresAt)}");
        return CommitAsync(new KeyMade(key, former, times.FormerRetiresAt), new KeyChange("key.made", purpose, kid, by, detail));
    }

    public Task<bool> EraseAsync(KeyRow key, VerifyingKey publicKey) =>
        CommitAsync(new KeyErased(key.Kid, publicKey.ToText()), new KeyChange("key.retired", key.Purpose, key.Kid, null, "its private half is erased"));

    /// <summary>Wraps keys that the former key-encryption key opened under the current one, in one commit.</summary>
    public Task<bool> RewrapAsync(IReadOnlyList<(KeyRow Key, byte[] PrivateKey)> keys) =>
        CommitAsync(
            new KeysRewrapped([.. keys.Select(one => (one.Key, encryption.Wrap(one.Key.Kid, one.PrivateKey)))]),
            new KeyChange("key.rewrapped", "all", string.Join(' ', keys.Select(one => one.Key.Kid)), null, "under another key-encryption key"));

    private async Task<bool> CommitAsync(KeyMove move, KeyChange change) => await journal.CommitAsync(Lane.Control, move, record(change)) is null;

    private static string At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("u");
}
