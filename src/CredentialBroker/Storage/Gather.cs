using System.Collections.Concurrent;

namespace CredentialBroker.Storage;

/// <summary>
/// Lookups that come while another is under way wait for it and then share the next statement, so that a store under load
/// answers many with one, and a store at rest answers each at once.
/// </summary>
/// <param name="look">Answers every key, in order. What it throws all who share it get, unless it lies in one of the keys.</param>
internal sealed class Gather<TKey, TFound>(Dialect dialect, Func<IReadOnlyList<TKey>, Task<IReadOnlyList<TFound>>> look)
{
    private const int Most = 64;

    private readonly ConcurrentQueue<(TKey Key, TaskCompletionSource<TFound> Found)> _waiting = new();
    private int _underWay;

    public Task<TFound> FindAsync(TKey key, CancellationToken cancel)
    {
        var found = new TaskCompletionSource<TFound>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue((key, found));
        if (Interlocked.CompareExchange(ref _underWay, 1, 0) == 0)
        {
            // Elsewhere: the embedded store answers without ever waiting, and who came first would answer for all others.
            _ = Task.Run(RunAsync, CancellationToken.None);
        }


        return cancel.CanBeCanceled ? found.Task.WaitAsync(cancel) : found.Task;
    }

    private async Task RunAsync()
    {
        do
        {
            while (!_waiting.IsEmpty)
            {
                var taken = new List<(TKey Key, TaskCompletionSource<TFound> Found)>();
                while (taken.Count < Most && _waiting.TryDequeue(out var next)) taken.Add(next);
                await AnswerAsync(taken);
            }

            Volatile.Write(ref _underWay, 0);
        }
        // One that came between the last look and the mark found us under way, and nobody else will come for it.
        while (!_waiting.IsEmpty && Interlocked.CompareExchange(ref _underWay, 1, 0) == 0);
    }

    private async Task AnswerAsync(List<(TKey Key, TaskCompletionSource<TFound> Found)> taken)
    {
        try
        {
            var found = await look([.. taken.Select(t => t.Key)]);
            for (var i = 0; i < taken.Count; i++) taken[i].Found.SetResult(found[i]);
        }
        catch (Exception error) when (taken.Count > 1 && dialect.Classify(error) == Fault.Data)
        {
            // A value that the store does not take is one caller's, and no fault of the others.
            foreach (var one in taken) await AnswerAsync([one]);
        }
        catch (Exception error)
        {
            // Everyone who waits learns it, and nobody else is there to.
            foreach (var (_, waits) in taken) waits.TrySetException(error);
        }
    }
}
