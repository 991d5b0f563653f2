using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>Every live approval of an ended task is finished.</summary>
/// <param name="BySource">When a source says that the task ended: it must have named the task in an approval itself.</param>
internal sealed record ApprovalsFinish(string Task, string? BySource) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => [new Wanted(Task: Task)];

    public override IEnumerable<string> Locks => [Names.Task(Task)];

    public override Refusal? Check(Book book) => BySource is null || book.OfTask(Task).Any(h => h.Row.Source == BySource)
        ? null
        : new Refusal(ReasonCodes.SourceNotEntitled, "no approval of this source names the task");

    public override void Admit(Book book)
    {
        foreach (var held in book.OfTask(Task).Where(h => !h.Final)) held.MoveTo(ApprovalState.Finished);
    }
}
