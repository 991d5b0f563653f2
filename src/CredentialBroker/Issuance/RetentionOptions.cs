namespace CredentialBroker.Issuance;

/// <summary>Section <c>Retention</c>: how long rows are kept that nothing depends on any more. Audit records have <c>Audit:Keep</c>.</summary>
internal sealed record RetentionOptions
{
    /// <summary>Idempotency keys of granted claims, 1 hour to 30 days: a claim repeated later is a new one.</summary>
    public TimeSpan Claims { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Leases after their end, 1 day to 10 years.</summary>
    public TimeSpan EndedLeases { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Approvals after their window, 1 day to 10 years.</summary>
    public TimeSpan Approvals { get; init; } = TimeSpan.FromDays(90);

    /// <summary>That a task has ended, 2 days to 10 years: longer than any approval holds.</summary>
    public TimeSpan EndedTasks { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Instances that were not seen and have no lease; at least 2 days more than <c>EndedLeases</c>, whose instance they tell.</summary>
    public TimeSpan Workloads { get; init; } = TimeSpan.FromDays(100);

    public IEnumerable<string> Validate()
    {
        var longest = TimeSpan.FromDays(3660);
        if (Claims < TimeSpan.FromHours(1) || Claims > TimeSpan.FromDays(30)) yield return "Retention:Claims: outside 01:00:00 to 30.00:00:00";
        if (EndedLeases < TimeSpan.FromDays(1) || EndedLeases > longest) yield return "Retention:EndedLeases: outside 1.00:00:00 to 3660.00:00:00";
        if (Approvals < TimeSpan.FromDays(1) || Approvals > longest) yield return "Retention:Approvals: outside 1.00:00:00 to 3660.00:00:00";
        if (EndedTasks < TimeSpan.FromDays(2) || EndedTasks > longest) yield return "Retention:EndedTasks: outside 2.00:00:00 to 3660.00:00:00";
        if (Workloads < EndedLeases + TimeSpan.FromDays(2) || Workloads > longest + TimeSpan.FromDays(2)) yield return "Retention:Workloads: outside Retention:EndedLeases and 2.00:00:00 to 3662.00:00:00";
    }
}
