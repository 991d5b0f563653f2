using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Approvals;
using CredentialBroker.Protocol;

namespace CredentialBroker.Policy;

/// <summary>Is the approval this very instance's.</summary>
internal static class BindingClauses
{
    public static Failure? Bound(Judgement claim)
    {
        var approval = claim.Approval;
        if (claim.IsRenewal && !approval.BoundToCaller) return Mismatch("the approval was never bound to this instance");
        // Whatever the binding is, an instance that the approval names is the only one.
        if (approval.Instance is { } named && named != claim.Facts.Workload.Instance) return Mismatch("the approval names another instance");
        return approval.Binding switch
        {
            Binding.Exact => approval.Instance is null ? Unverifiable("the approval is for an exact instance and names none") : null,
            Binding.Nonce => Nonce(claim),
            Binding.FirstClaim => claim.IsCritical || claim.IsPrivileged ? Unverifiable("whoever comes first is no proof where the tier is critical or privileged") : null,
            _ => new Failure(ReasonCodes.PolicyUnavailable, "the approval's binding is none that policy knows"),
        };
    }

    public static Failure? FactsProven(Judgement claim)
    {
        foreach (var (name, stated) in claim.Approval.Facts.OrderBy(fact => fact.Key, StringComparer.Ordinal))
        {
            if (!claim.Facts.Workload.Attributes.TryGetValue(name, out var proven)) return Unverifiable($"the approval states {name}, which this evidence does not prove");
            if (!string.Equals(proven, stated, StringComparison.Ordinal)) return name is "specDigest" or "images" ? Drift(name) : Mismatch($"evidence proves another {name} than the approval states");
        }

        return null;
    }

    /// <summary>An instance that was bound has shown the nonce already, and need not keep it.</summary>
    private static Failure? Nonce(Judgement claim)
    {
        if (claim.Approval.BoundToCaller) return null;
        if (string.IsNullOrEmpty(claim.Approval.Nonce)) return Unverifiable("the approval is bound by a nonce and carries none");
        if (claim.Facts.Exception?.Terms is { FirstClaimBinding: true } && !claim.IsCritical && !claim.IsPrivileged) return null;
        if (claim.Facts.Ask.Nonce is not { } shown) return Mismatch("the approval's nonce was not shown");
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown), Encoding.UTF8.GetBytes(claim.Approval.Nonce))
            ? null
            : Mismatch("the nonce shown is not the approval's");
    }

    private static Failure Drift(string name) => new(ReasonCodes.DigestDrift, $"what runs has another {name} than what was approved");

    private static Failure Mismatch(string detail) => new(ReasonCodes.BindingMismatch, detail);

    private static Failure Unverifiable(string detail) => new(ReasonCodes.BindingUnverifiable, detail);
}
