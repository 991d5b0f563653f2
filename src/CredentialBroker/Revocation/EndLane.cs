using CredentialBroker.Storage;

namespace CredentialBroker.Revocation;

/// <summary>Ends at one target at a time, and how many may be taken beyond those under way.</summary>
internal sealed record EndOptions(int Concurrency = 8, int Taken = 512);

/// <summary>One target's ends on this replica.</summary>
/// <param name="roomAgain">Called once more may be taken, after something was left for want of room.</param>
internal sealed class EndLane(EndOptions options, Action roomAgain)
{
    private readonly Turns _turns = new(options.Concurrency);
    private int _taken;
    private int _leftSome;
    private volatile TaskCompletionSource _idle = Done();

    public int Room => Math.Max(0, options.Taken - Volatile.Read(ref _taken));

    /// <summary>More is due than there was room for.</summary>
    public void LeftSome()
    {
        Volatile.Write(ref _leftSome, 1);
        // The room may have come back just before.
        CallForMore(Volatile.Read(ref _taken));
    }

    public Task IdleAsync() => Volatile.Read(ref _taken) == 0 ? Task.CompletedTask : _idle.Task;

    /// <param name="atOnce">Nothing is spoken to, so that no slot is needed.</param>
    public void Start(Func<Task> work, bool atOnce)
    {
        if (Interlocked.Increment(ref _taken) == 1) _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = RunAsync(work, atOnce);
    }

    private async Task RunAsync(Func<Task> work, bool atOnce)
    {
        try
        {
            using var turn = atOnce ? null : await _turns.TakeAsync(CancellationToken.None);
            await work();
        }
        finally
        {
            var left = Interlocked.Decrement(ref _taken);
            if (left == 0) _idle.TrySetResult();
            CallForMore(left);
        }
    }

    /// <summary>Once half of the room is free, so that a slow target is not asked about at every single end.</summary>
    private void CallForMore(int taken)
    {
        if (taken <= options.Taken / 2 && Interlocked.Exchange(ref _leftSome, 0) == 1) roomAgain();
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
