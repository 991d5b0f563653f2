namespace CredentialBroker.Runtime.Drift;

/// <summary>Section <c>Drift</c>: how often targets are compared with the leases, and what is told as stale.</summary>
internal sealed record DriftOptions
{
    /// <summary>How often each target is looked at, 1 minute to 1 day; 0 for never.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>More than this many orphans at one target are not ended unasked, 1 to 10000: a hold is set and a person looks.</summary>
    public int MostOrphans { get; init; } = 50;

    /// <summary>A template or approval source that nothing rested on for so long is a finding, 1 to 365 days; 0 for never.</summary>
    public TimeSpan UnusedAfter { get; init; } = TimeSpan.FromDays(30);

    public IEnumerable<string> Validate()
    {
        if (UnusedAfter != TimeSpan.Zero && (UnusedAfter < TimeSpan.FromDays(1) || UnusedAfter > TimeSpan.FromDays(365))) yield return "Drift:UnusedAfter: outside 1.00:00:00 to 365.00:00:00; 0 for never";
        if (Every != TimeSpan.Zero && (Every < TimeSpan.FromMinutes(1) || Every > TimeSpan.FromDays(1))) yield return "Drift:Every: outside 00:01:00 to 1.00:00:00; 0 for never";
        if (MostOrphans is < 1 or > 10_000) yield return "Drift:MostOrphans: outside 1 to 10000";
    }
}
