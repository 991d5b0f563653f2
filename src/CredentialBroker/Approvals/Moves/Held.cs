namespace CredentialBroker.Approvals.Moves;

/// <summary>One approval under lock, as it stands after what the batch admitted so far.</summary>
internal sealed class Held(Approval row, bool isNew)
{
    private readonly HashSet<string> _bound = new(StringComparer.Ordinal);

    public Approval Row { get; private set; } = row;

    public bool IsNew { get; } = isNew;

    public bool Changed { get; private set; }

    /// <summary>Terminal states are final; nothing moves out of them.</summary>
    public bool Final => Row.State is ApprovalState.Finished or ApprovalState.Denied or ApprovalState.Expired or ApprovalState.Withdrawn;

    public bool IsBound(string instance) => _bound.Contains(instance);

    /// <summary>Notes a binding that the store has already.</summary>
    public void WasBound(string instance) => _bound.Add(instance);

    public void Bind(string instance)
    {
        _bound.Add(instance);
        Row = Row with { State = ApprovalState.Bound, Uses = Row.Uses + 1 };
        Changed = true;
    }

    public void Confirm(long claimBy)
    {
        Row = Row with { State = ApprovalState.Confirmed, ClaimBy = Math.Min(claimBy, Row.ValidUntil) };
        Changed = true;
    }

    public void MoveTo(ApprovalState state)
    {
        Row = Row with { State = state };
        Changed = true;
    }
}
