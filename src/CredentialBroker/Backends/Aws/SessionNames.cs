using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// What names one lease's sessions, from the lease's id alone, so that a renewed session is named like the first. The
/// source identity is short, because a role's policy has to hold many: the id's last ten characters are fifty random bits.
/// </summary>
internal static class SessionNames
{
    private const int Tail = 10;

    public static string PrefixOf(string brokerId) => $"cb-{brokerId}-";

    /// <summary>Also the name of a role that is made for the lease.</summary>
    public static string SessionOf(string brokerId, string leaseId) => $"{PrefixOf(brokerId)}{leaseId}";

    public static string IdentityOf(string brokerId, string leaseId) => $"{PrefixOf(brokerId)}{leaseId[^Tail..]}";

    /// <summary>The lease that a role was made for; null when it is not one of this broker's.</summary>
    public static string? LeaseOf(string brokerId, string role) =>
        role.StartsWith(PrefixOf(brokerId), StringComparison.Ordinal) && role[PrefixOf(brokerId).Length..] is var lease && Ids.IsWellFormed(lease) ? lease : null;

    /// <summary>What stands for a lease of which only a denied value is known: it makes the same value, and sorts before every lease there is.</summary>
    public static string LeaseOfValue(string value) => value.Length >= Ids.Length && Ids.IsWellFormed(value[^Ids.Length..]) ? value[^Ids.Length..] : $"{Ids.FirstOf(0)[..^Tail]}{value[^Math.Min(Tail, value.Length)..]}";

    /// <summary>The policy of a role that holds what this broker denies there.</summary>
    public static string DenialsOf(string brokerId) => $"CredentialBrokerRevoked-{brokerId}";
}
