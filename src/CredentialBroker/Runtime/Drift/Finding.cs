namespace CredentialBroker.Runtime.Drift;

/// <param name="Kind">One of <see cref="FindingKinds"/>.</param>
/// <param name="Over">It was put right where it was found.</param>
internal sealed record Finding(string Kind, string Detail, bool Over = false)
{
    /// <summary>The lease it is about.</summary>
    public string? Lease { get; init; }
}

/// <summary>Values are on the wire and in audit records.</summary>
internal static class FindingKinds
{
    public const string Configuration = "configuration";
    public const string Orphan = "orphan";
    public const string OrphansLeft = "orphans_left";
    public const string Identity = "identity";
    public const string RoleSpread = "role_spread";
    public const string SharedIdentity = "shared_identity";
    public const string Sidecar = "sidecar";
    public const string Unused = "unused";
    public const string StoreBehind = "store_behind";
    public const string WideServiceAccount = "wide_service_account";
    /// <summary>A running pod is no longer what was approved.</summary>
    public const string Drift = "drift";
    /// <summary>A pod asks for credentials and was never let in by the gate.</summary>
    public const string UnapprovedPod = "unapproved_pod";
    /// <summary>A webhook of the gate is missing, or lets pods pass.</summary>
    public const string Webhook = "webhook";
    /// <summary>The API server tells that a webhook was passed over.</summary>
    public const string FailedOpen = "failed_open";
    /// <summary>A node, account, role binding or namespace that live leases rest on changed.</summary>
    public const string ClusterChange = "cluster_change";
}
