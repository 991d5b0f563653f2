using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>What these approvals were for is over, or is not what was approved. Those that are over already stay as they are.</summary>
/// <param name="To"><see cref="ApprovalState.Finished"/>, <see cref="ApprovalState.Denied"/> or <see cref="ApprovalState.Withdrawn"/>.</param>
internal sealed record ApprovalsOver(IReadOnlyList<string> Ids, ApprovalState To) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => Ids.Select(id => new Wanted(Id: id));

    public override Refusal? Check(Book book) => null;

    public override void Admit(Book book)
    {
        foreach (var id in Ids)
        {
            if (book.Find(id) is { Final: false } held) held.MoveTo(To);
        }
    }
}
