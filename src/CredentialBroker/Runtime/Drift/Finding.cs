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
}
