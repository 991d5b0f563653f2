namespace CredentialBroker.Reviews;

/// <summary>Section <c>Reviews</c>: what a person should look at.</summary>
internal sealed record ReviewOptions
{
    /// <summary>A service account that is bound in more namespaces than this is a finding, 1 to 1000 (R31).</summary>
    public int MostNamespaces { get; init; } = 3;

    /// <summary>How often leases are searched for identities that are shared and images that are trusted unevenly, 5 minutes to 1 day; 0 for never.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    public IEnumerable<string> Validate()
    {
        if (MostNamespaces is < 1 or > 1000) yield return "Reviews:MostNamespaces: outside 1 to 1000";
        if (Every != TimeSpan.Zero && (Every < TimeSpan.FromMinutes(5) || Every > TimeSpan.FromDays(1))) yield return "Reviews:Every: outside 00:05:00 to 1.00:00:00; 0 for never";
    }
}
