using CredentialBroker.Approvals.Moves;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>Work about one task. Replicas take turns on a task, so that an end and a grant never pass each other.</summary>
internal abstract record TaskWork(string Task) : Work
{
    public sealed override WorkKind Kind => TaskKind.Shared;

    public sealed override IEnumerable<string> Locks => [Names.Task(Task)];
}

/// <summary>Refuses the unit when the task is over.</summary>
internal sealed record TaskGuard(string Task) : TaskWork(Task);

/// <summary>Leaves the task's tombstone; ending a task twice is harmless, and the first end stands.</summary>
internal sealed record TaskEnd(string Task, string By, long Now) : TaskWork(Task);

internal sealed class TaskKind : WorkKind
{
    public static readonly TaskKind Shared = new();

    public override int Order => LockOrder.Tasks;

    public override WorkBatch Begin(Dialect dialect) => new TaskBatch();
}
