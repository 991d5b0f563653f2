using CredentialBroker.Storage;

namespace CredentialBroker.Revocation;

/// <summary>
/// A list made from leases and kept: made anew when it is asked for after an end on this replica, or when it is so old
/// that another replica may have ended something. Many who ask at once share one making.
/// </summary>
/// <param name="make">Makes the list, from the one before where nothing changed.</param>
internal sealed class Published<T>(Func<T?, CancellationToken, Task<T>> make, TimeProvider clock) where T : class
{
    /// <summary>How long an end on another replica may go unseen, in milliseconds.</summary>
    public const long FreshMs = 2000;

    private readonly Turns _turns = new(1);
    private (T Made, long At)? _last;
    private int _changed;

    /// <summary>Something ended: what is read after this is made after it.</summary>
    public void Changed() => Volatile.Write(ref _changed, 1);

    public async ValueTask<T> ReadAsync(CancellationToken cancel)
    {
        using var turn = await _turns.TakeAsync(cancel);
        var now = clock.NowMs();
        if (Interlocked.Exchange(ref _changed, 0) == 0 && _last is var (made, at) && now >= at && now - at < FreshMs) return made;
        try
        {
            var fresh = await make(_last?.Made, cancel);
            _last = (fresh, now);
            return fresh;
        }
        catch
        {
            Changed();
            throw;
        }
    }
}
