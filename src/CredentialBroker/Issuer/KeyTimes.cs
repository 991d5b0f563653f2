namespace CredentialBroker.Issuer;

/// <summary>The times of a new key, and of those that it follows, in UTC milliseconds.</summary>
/// <param name="FormerRetiresAt">When the keys before it are retired at the latest.</param>
internal sealed record KeyTimes(long MadeAt, long SignsFrom, long FormerRetiresAt)
{
    /// <summary>Nobody has a key set without it yet, so that the first key signs at once.</summary>
    public static KeyTimes First(long now) => new(now, now, now);

    /// <summary>Published first; what the former signed until then lives out its time under it.</summary>
    public static KeyTimes Next(KeyPurpose purpose, KeyRow former, long now) => From(purpose, former, now, now + Ms(purpose.Lead));

    /// <summary>The next one when it is time to publish it, so that it signs when the newest has signed long enough.</summary>
    public static KeyTimes? Due(KeyPurpose purpose, KeyRow newest, TimeSpan rotateEvery, long now)
    {
        var due = newest.SignsFrom + Ms(rotateEvery);
        return due - Ms(purpose.Lead) > now ? null : From(purpose, newest, now, Math.Max(due, now + Ms(purpose.Lead)));
    }

    public static KeyTimes AtOnce(KeyRow former, long now) => new(After(former, now), now, now);

    private static KeyTimes From(KeyPurpose purpose, KeyRow former, long now, long signsFrom) =>
        new(After(former, now), signsFrom, signsFrom + Ms(purpose.LongestLife + KeyPurpose.Skew));

    /// <summary>Keys are told apart by when they were made.</summary>
    private static long After(KeyRow former, long now) => Math.Max(now, former.MadeAt + 1);

    private static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;
}
