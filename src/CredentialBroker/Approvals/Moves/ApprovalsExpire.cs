using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>Marks approvals whose time is over. Policy reads the times itself; this keeps what is listed true.</summary>
internal sealed record ApprovalsExpire(IReadOnlyList<string> Ids, long Now) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => Ids.Select(id => new Wanted(Id: id));

    public override Refusal? Check(Book book) => Ids.All(id => book.Find(id) is { Final: false } held && IsOver(held.Row))
        ? null
        : new Refusal(ReasonCodes.FactsChanged, "an approval changed since it was found expired");

    public override void Admit(Book book)
    {
        foreach (var id in Ids) book.Find(id)!.MoveTo(ApprovalState.Expired);
    }

    /// <summary>Unbound and not claimed in time, or past its validity.</summary>
    private bool IsOver(Approval approval) => approval.ValidUntil <= Now || (approval.Uses == 0 && approval.ClaimBy <= Now);
}
