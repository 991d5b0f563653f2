using CredentialBroker.Approvals.Moves;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>
/// One instance uses an approval, for a new lease or for renewing one. The first use by an instance binds it and counts
/// against the approval's limit; later ones are free while the approval stands.
/// </summary>
internal sealed record ApprovalUse(string ApprovalId, string Instance, long Now, bool IsRenewal = false) : ApprovalMove
{
    public override IEnumerable<Wanted> Wants => [new Wanted(Id: ApprovalId, Instance: Instance)];

    public override Refusal? Check(Book book)
    {
        if (book.Find(ApprovalId) is not { } held) return new Refusal(ReasonCodes.NoApproval, "the approval is no longer on record");
        var approval = held.Row;
        if (StateRefusal(approval.State) is { } refused) return refused;
        if (approval.NotBefore > Now) return new Refusal(ReasonCodes.ApprovalNotYetValid, "the approval's window has not begun");
        if (approval.ValidUntil <= Now) return new Refusal(ReasonCodes.ApprovalExpired, "the approval's validity is over");
        if (approval.Binding == Binding.Exact && approval.Instance != Instance)
        {
            return new Refusal(ReasonCodes.BindingMismatch, "the approval names another instance");
        }

        if (held.IsBound(Instance)) return null;
        if (IsRenewal) return new Refusal(ReasonCodes.BindingMismatch, "the approval was never bound to this instance");
        if (approval.ClaimBy <= Now) return new Refusal(ReasonCodes.ApprovalExpired, "the approval was not claimed in time");
        return approval.Uses >= approval.MaxUses
            ? new Refusal(ReasonCodes.ApprovalUsedUp, "the approval is bound to as many instances as it allows")
            : null;
    }

    public override void Admit(Book book)
    {
        var held = book.Find(ApprovalId)!;
        if (!held.IsBound(Instance)) book.Use(held, Instance, Now);
    }

    private static Refusal? StateRefusal(ApprovalState state) => state switch
    {
        ApprovalState.Confirmed or ApprovalState.Bound => null,
        ApprovalState.Candidate => new Refusal(ReasonCodes.ApprovalNotConfirmed, "the approved thing is not confirmed to run"),
        ApprovalState.Denied => new Refusal(ReasonCodes.ApprovalDenied, "the approval was denied"),
        ApprovalState.Withdrawn => new Refusal(ReasonCodes.ApprovalWithdrawn, "the approval was withdrawn"),
        ApprovalState.Finished => new Refusal(ReasonCodes.TaskEnded, "the approval's task is over"),
        _ => new Refusal(ReasonCodes.ApprovalExpired, "the approval is expired"),
    };
}
