using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>
/// The life of keys: a successor is published before it signs, and the key it follows is published until nothing that it
/// signed counts any more. Every replica runs this; whichever writes first decides for all.
/// </summary>
internal sealed class KeyRotation(IssuerKeys keys, KeyStore store, KeyRings rings, KeyOptions options, TimeProvider clock)
{
    /// <summary>Takes over what changed, makes successors that are due, and erases what is retired.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var rows = await keys.RefreshAsync(cancel);
        var now = clock.NowMs();
        foreach (var purpose in KeyPurpose.All.Where(purpose => purpose.Rotates))
        {
            var newest = rows.Last(row => row.Purpose == purpose.Word);
            if (KeyTimes.Due(purpose, newest, options.RotateEvery, now) is { } times) await keys.MakeAsync(purpose, times, newest, null);
        }

        foreach (var row in rows.Where(row => !row.IsErased && row.IsRetired(now)))
        {
            if (KeyPurpose.Find(row.Purpose) is { } purpose && rings[purpose].Find(row.Kid) is { } key) await store.EraseAsync(row, key.Verifying);
        }
    }

    /// <summary>
    /// Makes a successor, as an operator's act. One that waits for its time already is left to it. At once means that a
    /// key is lost: its successor signs now, and nothing it signed is good any more.
    /// </summary>
    /// <returns>The newest key of the purpose.</returns>
    public async Task<KeyRow> RotateAsync(KeyPurpose purpose, bool atOnce, string by, CancellationToken cancel)
    {
        var now = clock.NowMs();
        var newest = await NewestAsync(purpose, cancel);
        if (newest.SignsFrom > now && !atOnce) return newest;
        await keys.MakeAsync(purpose, atOnce ? KeyTimes.AtOnce(newest, now) : KeyTimes.Next(purpose, newest, now), newest, by);
        return await NewestAsync(purpose, cancel);
    }

    private async Task<KeyRow> NewestAsync(KeyPurpose purpose, CancellationToken cancel) =>
        (await store.ReadAsync(cancel)).Last(row => row.Purpose == purpose.Word);
}
