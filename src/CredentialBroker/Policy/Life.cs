using CredentialBroker.Approvals;
using CredentialBroker.Templates;

namespace CredentialBroker.Policy;

/// <summary>How long a grant lasts and which bound says so. Where two bounds meet, the one that renewing cannot move is named.</summary>
/// <param name="Because">A cause of leases: <c>ttl</c>, <c>max_ttl</c>, <c>approval_end</c> or <c>exception_end</c>.</param>
internal sealed record Life(long EndsAt, string Because, long MaxEndsAt)
{
    public const string Ttl = "ttl";
    public const string MaxTtl = "max_ttl";
    public const string ApprovalEnd = "approval_end";
    public const string ExceptionEnd = "exception_end";

    /// <summary>Less life than this is no use to anybody and not worth a credential, in milliseconds.</summary>
    public const long Least = 1000;

    public static Life Of(Facts facts, CompiledTemplate template, Approval approval)
    {
        // In quarantine nothing is renewed: the next claim is decided afresh.
        var maxEndsAt = facts.Renews?.MaxEndsAt ?? facts.Now + (facts.Claimed is null ? template.MaxTtl : template.Ttl);
        // What an exception allows ends with its window, also over all renewals.
        var (longest, because) = (maxEndsAt, MaxTtl);
        if (facts.Exception?.EndsAt is { } over && over <= maxEndsAt) (longest, because) = (over, ExceptionEnd);
        var byTtl = facts.Now + (facts.Ask.Ttl ?? template.Ttl);
        if (approval.ValidUntil <= longest && approval.ValidUntil <= byTtl) return new Life(approval.ValidUntil, ApprovalEnd, longest);
        return longest <= byTtl ? new Life(longest, because, longest) : new Life(byTtl, Ttl, longest);
    }
}
