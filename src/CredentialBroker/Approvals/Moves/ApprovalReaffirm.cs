using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>
/// A bound approval that is not over may be written a later end: the guard of that statement, under the approval's lock.
/// What was withdrawn, denied, finished or is over stays so.
/// </summary>
/// <param name="ValidUntil">End that the approval was read with; one that moved meanwhile is looked at anew.</param>
internal sealed record ApprovalReaffirm(string ApprovalId, long ValidUntil, long Now) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => [new Wanted(Id: ApprovalId)];

    public override Refusal? Check(Book book) => book.Find(ApprovalId)?.Row is { State: ApprovalState.Bound } held && held.ValidUntil == ValidUntil && ValidUntil > Now
        ? null
        : new Refusal(ReasonCodes.FactsChanged, "the approval changed since it was read, or is over");

    public override void Admit(Book book) { }
}
