namespace CredentialBroker.Protocol.Overview;

/// <summary>How things stand: what lives, how fast it comes and goes, and what is over when. At most a few seconds old.</summary>
/// <param name="At">When it was counted.</param>
/// <param name="Live">Leases that are not ended, counted by backend, template, tier and state; most first.</param>
/// <param name="Minutes">The last sixty whole minutes, oldest first.</param>
/// <param name="Expiring">Live leases by when they are over: what is due, then the next hour in steps of five minutes, then all that is later.</param>
public sealed record OverviewView(DateTimeOffset At, IReadOnlyList<LiveGroup> Live, IReadOnlyList<MinuteView> Minutes, IReadOnlyList<ExpiryView> Expiring);

/// <summary>Leases that are alike.</summary>
/// <param name="Backend">Kind of credential.</param>
/// <param name="Template">Template they were issued from.</param>
/// <param name="Environment">Environment.</param>
/// <param name="State"><c>pending</c>, <c>active</c> or <c>ending</c>.</param>
/// <param name="Leases">How many.</param>
/// <param name="Tier">Tier of the template as it was issued from; absent where that is not known.</param>
public sealed record LiveGroup(string Backend, string Template, string Environment, string State, long Leases, string? Tier = null);

/// <summary>What came and went in one minute.</summary>
/// <param name="At">When it began.</param>
/// <param name="Issued">Leases opened.</param>
/// <param name="Ended">Leases whose end was confirmed.</param>
public sealed record MinuteView(DateTimeOffset At, long Issued, long Ended);

/// <summary>Live leases that are over within a time.</summary>
/// <param name="From">Beginning, inclusive; absent for all that is due by now.</param>
/// <param name="Until">End, exclusive; absent for all that is later.</param>
/// <param name="Leases">How many.</param>
public sealed record ExpiryView(long Leases, DateTimeOffset? From = null, DateTimeOffset? Until = null);
