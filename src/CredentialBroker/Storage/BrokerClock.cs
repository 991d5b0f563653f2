namespace CredentialBroker.Storage;

/// <summary>
/// The one clock: this machine's, moved by the measured offset to the database's, so that replicas with skewed clocks
/// agree on what is due. Feeds SQL parameters, token checks and approvals; no SQL text asks for the time itself.
/// </summary>
internal sealed class BrokerClock(TimeProvider machine) : TimeProvider
{
    private long _offsetMs;

    /// <summary>How far the database's clock is ahead of this machine's.</summary>
    public TimeSpan Offset => TimeSpan.FromMilliseconds(Volatile.Read(ref _offsetMs));

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow().AddMilliseconds(Volatile.Read(ref _offsetMs));

    public override long GetTimestamp() => machine.GetTimestamp();

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>Sets the offset from one reading of the database clock, taken between the two machine readings.</summary>
    public void Observe(DateTimeOffset before, long databaseMs, DateTimeOffset after)
    {
        var middle = (before.ToUnixTimeMilliseconds() + after.ToUnixTimeMilliseconds()) / 2;
        Volatile.Write(ref _offsetMs, databaseMs - middle);
    }
}

internal static class Clocks
{
    /// <summary>Now in UTC milliseconds, the unit of every time column.</summary>
    public static long NowMs(this TimeProvider clock) => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
