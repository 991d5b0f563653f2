namespace CredentialBroker.Backends;

/// <summary>A clock that a test moves; its timestamps move with it.</summary>
internal sealed class MovedClock : TimeProvider
{
    private TimeSpan _passed;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2030, 1, 1, 12, 0, 0, 700, TimeSpan.Zero) + _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _passed.Ticks;

    public void Pass(TimeSpan time) => _passed += time;
}
