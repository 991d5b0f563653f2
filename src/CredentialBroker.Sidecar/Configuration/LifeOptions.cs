namespace CredentialBroker.Sidecar.Configuration;

/// <summary>How leases are kept.</summary>
internal sealed class LifeOptions
{
    /// <summary>How long nothing is asked for after a responder revoked a lease; 1s to 24h.</summary>
    public TimeSpan AfterRevoke { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often leases are looked at while the broker's stream of events is not open; 1s to 5m.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long ending all leases may take when the sidecar stops; 1s to 60s.</summary>
    public TimeSpan EndGrace { get; set; } = TimeSpan.FromSeconds(8);

    public void Validate(Mistakes mistakes)
    {
        Within(mistakes, AfterRevoke, nameof(AfterRevoke), TimeSpan.FromHours(24), "1s to 24h");
        Within(mistakes, Poll, nameof(Poll), TimeSpan.FromMinutes(5), "1s to 5m");
        Within(mistakes, EndGrace, nameof(EndGrace), TimeSpan.FromSeconds(60), "1s to 60s");
    }

    private static void Within(Mistakes mistakes, TimeSpan value, string key, TimeSpan most, string told) =>
        mistakes.Demand(value >= TimeSpan.FromSeconds(1) && value <= most, key, told);
}
