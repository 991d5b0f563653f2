namespace CredentialBroker.Storage.Journaling;

/// <summary>Which queue a unit waits in. A quarter of every batch is kept for <see cref="Control"/>.</summary>
internal enum Lane
{
    Issuing,
    Control,
}

/// <summary>Work that commits together or not at all, and the promise of its outcome.</summary>
internal sealed class Unit(IReadOnlyList<Work> works)
{
    // Continuations run elsewhere: the writer never executes a waiting request's code.
    private readonly TaskCompletionSource<Refusal?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<Work> Works { get; } = works;

    /// <summary>Null when committed, the refusal when a guard said no, faulted when the store could not write it.</summary>
    public Task<Refusal?> Outcome => _outcome.Task;

    public void Commit() => _outcome.TrySetResult(null);

    public void Refuse(Refusal refusal) => _outcome.TrySetResult(refusal);

    public void Fail(Exception error) => _outcome.TrySetException(error);
}

/// <summary>The store cannot record anything at present, so nothing may be issued.</summary>
internal sealed class StoreUnavailableException(string detail, Exception? inner = null) : Exception(detail, inner);

/// <summary>The store refused the data of this very unit.</summary>
internal sealed class UnitRejectedException(Exception inner) : Exception("the store rejected this unit's data", inner);

/// <summary>The queue is full.</summary>
internal sealed class JournalFullException() : Exception("more work is waiting for the journal than it accepts");
