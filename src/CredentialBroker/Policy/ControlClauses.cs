using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>What is stopped right now.</summary>
internal static class ControlClauses
{
    public static Failure? NotFrozen(Judgement claim)
    {
        var dimensions = ClaimDimensions.Of(claim.Facts);
        var freeze = claim.Facts.Controls.Freezes.FirstOrDefault(freeze =>
            (freeze.ExpiresAt is not { } end || end > claim.Facts.Now) && freeze.Selector.Matches(dimensions));
        return freeze is null ? null : new Failure(ReasonCodes.Frozen, $"freeze {freeze.Id}: {freeze.Reason}");
    }

    public static Failure? TaskNotEnded(Judgement claim) =>
        claim.Facts.TaskEnded ? new Failure(ReasonCodes.TaskEnded, "the task is over") : null;
}
