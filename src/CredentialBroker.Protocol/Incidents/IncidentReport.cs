using CredentialBroker.Protocol.Uses;

namespace CredentialBroker.Protocol.Incidents;

/// <summary>What a bulk revocation did, for whoever has to answer for it: when, who, what is dead since when, what is not.</summary>
public sealed record IncidentReport
{
    /// <summary>When the report was made.</summary>
    public required DateTimeOffset MadeAt { get; init; }
    /// <summary>The revocation as it stood then.</summary>
    public required RevocationView Revocation { get; init; }
    /// <summary>How much is dead, and what remains until when and where, in words.</summary>
    public required string Sentence { get; init; }
    /// <summary>What happened, oldest first.</summary>
    public required IReadOnlyList<ReportEvent> Timeline { get; init; }
    /// <summary>How long ending took, by target and by what ending means there.</summary>
    public required IReadOnlyList<ReportClass> Classes { get; init; }
    /// <summary>The leases: those that remain first, at most a thousand.</summary>
    public required IReadOnlyList<ReportLease> Leases { get; init; }
    /// <summary>How many more leases there are than are listed.</summary>
    public required long Omitted { get; init; }
    /// <summary>What logs say was done with these credentials after their leases were over, oldest first, at most a thousand.</summary>
    public required IReadOnlyList<UseView> UsesAfterEnd { get; init; }
}

/// <summary>One thing that happened.</summary>
/// <param name="At">When.</param>
/// <param name="What">What, in words.</param>
/// <param name="By">Who did it; absent for what came by itself.</param>
public sealed record ReportEvent(DateTimeOffset At, string What, string? By);

/// <summary>Leases of one target that end in the same way. Times are milliseconds from the moment that the revocation began to take effect.</summary>
/// <param name="Target">Backend and target.</param>
/// <param name="Revocability">What ending means there.</param>
/// <param name="Leases">How many.</param>
/// <param name="Ended">Of those, ended at the target.</param>
/// <param name="MedianMs">Half of the ended ones were ended so soon.</param>
/// <param name="P99Ms">99 of a hundred were.</param>
/// <param name="SlowestMs">All of them were.</param>
/// <param name="SeenDead">Of these, how many credentials were tried after their end and seen refused.</param>
/// <param name="SeenAlive">How many were seen honoured later than is expected there.</param>
/// <param name="UsableUntil">When the last of those that remain is dead by itself; absent when none remains.</param>
public sealed record ReportClass(
    string Target, Revocability Revocability, long Leases, long Ended, long? MedianMs, long? P99Ms, long? SlowestMs, long SeenDead, long SeenAlive, DateTimeOffset? UsableUntil);

/// <summary>One lease of a revocation.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="State">Its state.</param>
/// <param name="Template">Its template.</param>
/// <param name="Target">Backend and target.</param>
/// <param name="Workload">Who held it.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="EndsAt">When it was over.</param>
/// <param name="EndedAt">When ending it at the target was confirmed.</param>
/// <param name="UsableUntil">When its credential is dead by itself.</param>
/// <param name="SeenDeadAt">When its credential was first seen refused.</param>
/// <param name="Error">Why ending it failed last, where it did.</param>
public sealed record ReportLease(
    string Lease, string State, string Template, string Target, string Workload, DateTimeOffset IssuedAt, DateTimeOffset EndsAt, DateTimeOffset? EndedAt, DateTimeOffset UsableUntil,
    DateTimeOffset? SeenDeadAt, string? Error);
