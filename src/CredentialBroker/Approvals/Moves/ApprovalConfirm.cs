using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>The candidate was seen to be there: it may be claimed, for as long as its source gives. Confirming twice is refused, and harmless.</summary>
/// <param name="ClaimBy">Until when it may be claimed; never later than the approval holds.</param>
internal sealed record ApprovalConfirm(string ApprovalId, long ClaimBy, long Now) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => [new Wanted(Id: ApprovalId)];

    public override Refusal? Check(Book book) => book.Find(ApprovalId)?.Row is { State: ApprovalState.Candidate } held && held.ClaimBy > Now
        ? null
        : new Refusal(ReasonCodes.FactsChanged, "the approval is no candidate any more, or was confirmed too late");

    public override void Admit(Book book) => book.Find(ApprovalId)!.Confirm(ClaimBy);
}
