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
            var due = newest.SignsFrom + Ms(options.RotateEvery);
            if (due - Ms(purpose.Lead) <= now) await FollowAsync(purpose, newest, now, Math.Max(due, now + Ms(purpose.Lead)), null);
        }

        foreach (var row in rows.Where(row => !row.IsErased && row.IsRetired(now)))
        {
            if (KeyPurpose.Find(row.Purpose) is { } purpose && rings[purpose].Find(row.Kid) is { } key) await store.EraseAsync(row, key.Public);
        }
    }

    /// <summary>Makes a successor now, as an operator's act. One that waits for its time already is left to it.</summary>
    /// <returns>The newest key of the purpose.</returns>
    public async Task<KeyRow> RotateAsync(KeyPurpose purpose, string by, CancellationToken cancel)
    {
        var now = clock.NowMs();
        var newest = await NewestAsync(purpose, cancel);
        if (newest.SignsFrom > now) return newest;
        await FollowAsync(purpose, newest, now, now + Ms(purpose.Lead), by);
        return await NewestAsync(purpose, cancel);
    }

    private Task<bool> FollowAsync(KeyPurpose purpose, KeyRow former, long now, long signsFrom, string? by) =>
        keys.MakeAsync(purpose, now, signsFrom, former with { RetiresAt = signsFrom + Ms(purpose.LongestLife + KeyPurpose.Skew) }, by);

    private async Task<KeyRow> NewestAsync(KeyPurpose purpose, CancellationToken cancel) =>
        (await store.ReadAsync(cancel)).Last(row => row.Purpose == purpose.Word);

    private static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;
}
