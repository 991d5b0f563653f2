using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>One guarded move of an approval, decided against rows that the batch holds locked.</summary>
internal abstract record ApprovalMove : Work
{
    public sealed override WorkKind Kind => ApprovalMoves.Shared;

    /// <summary>What the batch must read, and lock, for this move.</summary>
    public abstract IEnumerable<Wanted> Wants { get; }

    /// <summary>Why the move may not happen, or null. No effects.</summary>
    public abstract Refusal? Check(Book book);

    public abstract void Admit(Book book);
}

/// <summary>One thing to be read. The fields that are set say which.</summary>
/// <param name="Id">The approval of this id, locked.</param>
/// <param name="Instance">With <paramref name="Id"/>: whether this instance is bound.</param>
/// <param name="Reference">With <paramref name="Source"/>: the approval of this reference, locked.</param>
/// <param name="Event">With <paramref name="Source"/>: whether this event was received before.</param>
/// <param name="Task">Every approval that names this task, locked.</param>
internal sealed record Wanted(
    string? Id = null, string? Instance = null, string? Source = null, string? Reference = null, string? Event = null, string? Task = null);

/// <summary>The one kind of work that changes approvals.</summary>
internal sealed class ApprovalMoves : WorkKind
{
    public static readonly ApprovalMoves Shared = new();

    public override int Order => LockOrder.Approvals;

    public override WorkBatch Begin(Dialect dialect) => new ApprovalBatch(dialect);
}
