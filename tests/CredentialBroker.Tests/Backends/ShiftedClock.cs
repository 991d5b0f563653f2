namespace CredentialBroker.Backends;

/// <summary>The machine's clock, moved ahead by what a test lets pass.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _passed;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _passed));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public void Pass(TimeSpan time) => Interlocked.Add(ref _passed, time.Ticks);
}
