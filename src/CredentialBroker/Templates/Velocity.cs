namespace CredentialBroker.Templates;

/// <summary>How many leases a template gives in a time before claims are frozen for a while (R18). Times are milliseconds.</summary>
/// <param name="Per">The time.</param>
/// <param name="Workload">Per workload instance; null for no bound.</param>
/// <param name="Intent">Per purpose, over all workloads.</param>
/// <param name="Owner">Per owner that an approval names, over all workloads.</param>
/// <param name="Freeze">How long claims of whoever passed a bound stay frozen.</param>
internal sealed record Velocity(long Per, int? Workload, int? Intent, int? Owner, long Freeze)
{
    /// <summary>Of autonomous workloads, where the template says nothing: an agent acts faster than anybody looks.</summary>
    public static Velocity Autonomous { get; } = new(60_000, Workload: 10, Intent: null, Owner: 60, Freeze: 15 * 60_000);
}
