using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>
/// A source denied or withdrew what it names. A reference that was never seen is recorded in that state, so that an
/// approval that arrives late finds it decided.
/// </summary>
/// <param name="Unseen">The row to record when the reference is new; its state is the one to move to.</param>
/// <param name="Expected">The approval that the caller found under this reference and built its works on, or null for none.</param>
internal sealed record ApprovalStop(Approval Unseen, string? Expected) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => [new Wanted(Source: Unseen.Source, Reference: Unseen.Reference)];

    public override IEnumerable<string> Locks => [Names.Reference(Unseen.Source, Unseen.Reference)];

    public override Refusal? Check(Book book)
    {
        var held = book.Find(Unseen.Source, Unseen.Reference);
        if (held is { Final: true }) return new Refusal(ReasonCodes.ApprovalFinal, "the approval already has a final state");

        // The works beside this one end the leases of the approval the caller found; another one needs other works.
        return held?.Row.Id == Expected ? null : new Refusal(ReasonCodes.FactsChanged, "the approval arrived meanwhile");
    }

    public override void Admit(Book book)
    {
        if (book.Find(Unseen.Source, Unseen.Reference) is { } held) held.MoveTo(Unseen.State);
        else book.Put(new Held(Unseen, isNew: true));
    }
}
