namespace CredentialBroker.Storage.Journaling;

/// <summary>
/// One room's part of a unit: opaque to the journal, which only brings equal kinds together, so that a batch reads,
/// decides and writes in sets.
/// </summary>
internal abstract record Work
{
    public abstract WorkKind Kind { get; }

    /// <summary>At most one work with this key is in a batch; the next one waits for the next batch and sees the first's effect.</summary>
    public virtual string? Alone => null;

    /// <summary>Names serialised across replicas while the batch runs, such as a task or an idempotency key.</summary>
    public virtual IEnumerable<string> Locks => [];
}

/// <summary>A kind of work: its place in the one global lock order, and how a batch of it runs.</summary>
internal abstract class WorkKind
{
    /// <summary>Kinds read, lock and write in ascending order on every replica, which is what keeps them from deadlock.</summary>
    public abstract int Order { get; }

    public abstract WorkBatch Begin(Dialect dialect);
}

/// <summary>
/// All work of one kind in one batch: read under lock, decide in memory, write in sets. An instance lives for one
/// attempt; a retried batch begins anew.
/// </summary>
internal abstract class WorkBatch
{
    public abstract void Add(Work work);

    /// <summary>What must be read, and locked in key order, before anything is decided.</summary>
    public virtual IEnumerable<Statement> Reads() => [];

    /// <summary>Why this work may not happen, or null. Sees what was read and what was admitted before it. No effects.</summary>
    public virtual Refusal? Check(Work work) => null;

    /// <summary>The whole unit of this work goes through.</summary>
    public abstract void Admit(Work work);

    /// <summary>Set-based statements for all that was admitted.</summary>
    public abstract IEnumerable<Statement> Writes();

    /// <summary>The commit is known to stand.</summary>
    public virtual void Committed() { }

    /// <summary>The commit is known not to stand.</summary>
    public virtual void Abandoned() { }

    /// <summary>It will never be known whether the commit stands.</summary>
    public virtual void Lost() => Abandoned();
}

/// <summary>A guard said no: nothing of the unit was written.</summary>
/// <param name="Code">Stable reason code.</param>
internal sealed record Refusal(string Code, string Detail);

/// <summary>Global lock order of the rooms' kinds of work.</summary>
internal static class LockOrder
{
    public const int Epoch = 10;
    public const int Idempotency = 20;
    public const int Tasks = 30;
    public const int Approvals = 40;
    public const int Workloads = 50;
    public const int Velocity = 55;
    public const int Leases = 60;
    public const int Rows = 70;
    public const int Plain = 80;
    public const int Keys = 82;
    public const int Tree = 84;
    /// <summary>Last, so that a record is chained only when all it tells of was admitted.</summary>
    public const int Audit = 90;
}
