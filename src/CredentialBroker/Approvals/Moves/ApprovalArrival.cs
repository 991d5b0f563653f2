using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>A source approved something. Its reference is new, or this is refused: what was decided once is final.</summary>
internal sealed record ApprovalArrival(Approval Approval) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants =>
        [new Wanted(Source: Approval.Source, Reference: Approval.Reference), .. Approval.Task is { } task ? [new Wanted(Task: task)] : Array.Empty<Wanted>()];

    public override IEnumerable<string> Locks =>
        [Names.Reference(Approval.Source, Approval.Reference), .. Approval.Task is { } task ? [Names.Task(task)] : Array.Empty<string>()];

    public override Refusal? Check(Book book)
    {
        if (book.Find(Approval.Source, Approval.Reference) is not null)
        {
            return new Refusal(ReasonCodes.ApprovalFinal, "this reference was decided before; use a new one");
        }

        // A task belongs to the source that named it first: naming another's task would be a way to end it.
        return Approval.Task is { } task && book.OfTask(task).Any(h => h.Row.Source != Approval.Source)
            ? new Refusal(ReasonCodes.SourceNotEntitled, "the task belongs to another source")
            : null;
    }

    public override void Admit(Book book) => book.Put(new Held(Approval, isNew: true));
}

/// <summary>Names that replicas serialise on.</summary>
internal static class Names
{
    public static string Reference(string source, string reference) => $"approval:{source}/{reference}";

    public static string Task(string task) => $"task:{task}";
}
