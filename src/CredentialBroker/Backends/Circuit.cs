namespace CredentialBroker.Backends;

/// <summary>
/// Stops asking a target that keeps failing. Five faults in a row open it for five seconds; then one call is let through,
/// and each time that fails too the wait doubles, to a minute. (Polly's breaker counts a share of failures in a time
/// window, and a window in which little is asked never opens it.)
/// </summary>
internal sealed class Circuit(TimeProvider clock)
{
    public const int FaultsToOpen = 5;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly Lock _lock = new();
    private int _faults;
    private TimeSpan _wait;
    private long _openedAt;
    private bool _trying;

    /// <summary>True from the fifth fault in a row until a call succeeds.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock) return _faults >= FaultsToOpen;
        }
    }

    /// <summary>False while the circuit is open. Who got true tells the outcome, whatever it is.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_faults < FaultsToOpen) return true;
            if (_trying || clock.GetElapsedTime(_openedAt) < _wait) return false;
            return _trying = true;
        }
    }

    public void Succeeded()
    {
        lock (_lock)
        {
            (_faults, _wait, _trying) = (0, TimeSpan.Zero, false);
        }
    }

    public void Failed()
    {
        lock (_lock)
        {
            // Calls that began before it opened do not push it further.
            if (_faults >= FaultsToOpen && !_trying) return;
            if (++_faults < FaultsToOpen) return;
            _wait = _wait == TimeSpan.Zero ? Shortest : TimeSpan.FromTicks(Math.Min(_wait.Ticks * 2, Longest.Ticks));
            (_openedAt, _trying) = (clock.GetTimestamp(), false);
        }
    }

    /// <summary>The caller left before there was an outcome.</summary>
    public void Abandoned()
    {
        lock (_lock)
        {
            _trying = false;
        }
    }
}
