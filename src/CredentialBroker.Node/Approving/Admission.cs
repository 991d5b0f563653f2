using System.Collections.Concurrent;
using CredentialBroker.Node.Gate;

namespace CredentialBroker.Node.Approving;

/// <summary>A request to create a container that was let through and whose container is not known yet.</summary>
/// <param name="Digest">Of caller, address and body, the same in both of the engine's calls.</param>
internal sealed record Admission(string Digest, Caller Caller, string Tier, Creation Asked, IReadOnlyList<string> Resources, DateTimeOffset At);

/// <summary>Requests that were let through, until the engine says what came of them.</summary>
internal sealed class Admissions(TimeProvider clock)
{
    private const int Most = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, ConcurrentQueue<Admission>> _open = new(StringComparer.Ordinal);
    private int _count;

    public void Expect(Admission admission)
    {
        if (Volatile.Read(ref _count) >= Most) Sweep();
        if (Interlocked.Increment(ref _count) > Most)
        {
            Interlocked.Decrement(ref _count);
            throw new RefusedException(Refusals.SpoolFull, "too many containers are being created");
        }

        _open.GetOrAdd(admission.Digest, _ => new ConcurrentQueue<Admission>()).Enqueue(admission);
    }

    public Admission? Take(string digest)
    {
        if (!_open.TryGetValue(digest, out var queue) || !queue.TryDequeue(out var admission)) return null;
        Interlocked.Decrement(ref _count);
        if (queue.IsEmpty) _open.TryRemove(new KeyValuePair<string, ConcurrentQueue<Admission>>(digest, queue));
        return admission.At + Patience > clock.GetUtcNow() ? admission : null;
    }

    /// <summary>Requests that the engine never told the end of.</summary>
    private void Sweep()
    {
        foreach (var (digest, queue) in _open)
        {
            while (queue.TryPeek(out var oldest) && oldest.At + Patience <= clock.GetUtcNow() && queue.TryDequeue(out _)) Interlocked.Decrement(ref _count);
            if (queue.IsEmpty) _open.TryRemove(digest, out _);
        }
    }
}
