namespace CredentialBroker.Policy;

/// <summary>What selectors see of a claim. Dimensions that only a lease has are absent, but for the lease that is renewed.</summary>
internal static class ClaimDimensions
{
    public static Func<string, string?> Of(Facts facts)
    {
        var workload = facts.Workload;
        return dimension => dimension switch
        {
            "lease" => facts.Renews?.Id,
            "template" => facts.Template?.Name ?? facts.Ask.Template,
            "backend" => facts.Template?.BackendName,
            "target" => facts.Template?.Target,
            "revocability" => facts.Template?.Revocability.ToString(),
            "environment" => facts.Template?.Environment,
            "tier" => facts.Template?.Tier,
            "owner" => facts.Template?.Owners.Runtime,
            "approver" => facts.Approval is { Approvers: { Count: > 0 } approvers } ? string.Join('\n', approvers) : null,
            "image" => facts.Approval?.Image?.Digest,
            "issuer" => workload.Issuer,
            "keyid" => workload.KeyId,
            "agent" => workload.ActChain.Count == 0 ? null : string.Join('\n', workload.ActChain),
            "spiffeid" => workload.Uri.StartsWith("spiffe://", StringComparison.Ordinal) ? workload.Uri : null,
            "task" => facts.Approval?.Task ?? $"{workload.Source}/{workload.Instance}",
            "approval" => facts.Approval?.Id,
            "workload" => workload.Uri,
            "source" => workload.Source,
            "subject" => workload.Subject,
            "instance" => workload.Instance,
            "serviceaccount" => workload.Attributes.GetValueOrDefault("serviceAccount"),
            "cluster" or "namespace" or "pod" or "container" or "node" => workload.Attributes.GetValueOrDefault(dimension),
            _ => null,
        };
    }
}
