namespace CredentialBroker.Protocol.Controls;

/// <summary>State of one replica, for probes; the rest is told to operators only.</summary>
/// <param name="Status"><c>ready</c> or <c>unavailable</c>: whether this replica can record, and so may issue.</param>
/// <param name="Leases">Leases that are not over, at <c>countedAt</c>; null until they were counted once.</param>
/// <param name="CountedAt">When that count was complete. Many leases are counted over several seconds.</param>
/// <param name="Overdue">Leases whose end is late by more than a minute; 10000 stands for more.</param>
/// <param name="Stuck">Leases whose ending failed often; 10000 stands for more.</param>
/// <param name="OldestDue">Seconds that the lease due longest has waited for its end.</param>
/// <param name="ExportLag">Audit records that the export furthest behind has not delivered, as this replica last saw it.</param>
/// <param name="Parts">What this replica depends on. One that is down does not make the replica unavailable.</param>
public sealed record HealthView(
    string Status,
    long? Leases = null,
    DateTimeOffset? CountedAt = null,
    long? Overdue = null,
    long? Stuck = null,
    long? OldestDue = null,
    long? ExportLag = null,
    IReadOnlyList<HealthPart>? Parts = null);

/// <summary>One thing that a replica depends on.</summary>
/// <param name="Kind"><c>store</c>, <c>clock</c>, <c>target</c>, <c>trust_source</c> or <c>export</c>.</param>
/// <param name="Name">Which one.</param>
/// <param name="Status"><c>up</c>, <c>down</c>, or <c>unknown</c> while it was not asked yet.</param>
/// <param name="Detail">What is wrong, or by how much.</param>
public sealed record HealthPart(string Kind, string Name, string Status, string? Detail = null);
