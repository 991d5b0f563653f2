namespace CredentialBroker.Tests.Refusals;

/// <summary>The clock of the broker, moved ahead by a test; timers run as they are.</summary>
internal sealed class LaterClock(TimeProvider inner) : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow().AddTicks(Volatile.Read(ref _ticks));

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);

    public void Pass(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
