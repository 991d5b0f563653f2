using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>An event of a source takes effect once. Its id is kept for as long as its signature could be accepted.</summary>
internal sealed record EventOnce(string Source, string EventId, long KeepUntil) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => [new Wanted(Source: Source, Event: EventId)];

    /// <summary>A row that is not there yet cannot be locked, so its name is.</summary>
    public override IEnumerable<string> Locks => [$"approval event:{Source}/{EventId}"];

    public override Refusal? Check(Book book) => book.WasReceived(Source, EventId)
        ? new Refusal(ReasonCodes.ApprovalReplayed, "this event was received before")
        : null;

    public override void Admit(Book book) => book.Receive(Source, EventId, KeepUntil);
}
