namespace CredentialBroker.Protocol.Controls;

/// <summary>Body of <c>POST /v1/targets/aws/{target}/cutoff</c>.</summary>
/// <param name="Role">ARN of the role whose sessions are cut off.</param>
/// <param name="Reason">Why; recorded.</param>
/// <param name="Before">Sessions issued before are cut off, those issued later are not; now when absent.</param>
/// <param name="DryRun">Tells what would be hit, and does nothing.</param>
public sealed record CutOffRequest(string Role, string Reason, DateTimeOffset? Before = null, bool DryRun = false);

/// <summary>What a cut-off hits.</summary>
/// <param name="Target">The target.</param>
/// <param name="Role">The role.</param>
/// <param name="Before">Sessions issued before are refused.</param>
/// <param name="Until">From then on none of them could be alive, and the deny goes.</param>
/// <param name="Leases">Leases whose newest session was issued before, at most 1000 of them.</param>
/// <param name="Hit">How many there are.</param>
/// <param name="Spared">Leases on the role whose newest session was issued later.</param>
/// <param name="Others">What else is hit, in words.</param>
/// <param name="State"><c>preview</c>, <c>confirmed</c> once the provider holds the deny, <c>pending</c> while it is tried again.</param>
/// <param name="Detail">Why it is pending.</param>
public sealed record CutOffView(
    string Target, string Role, DateTimeOffset Before, DateTimeOffset Until, IReadOnlyList<string> Leases, int Hit, int Spared, string Others, string State, string? Detail = null);
