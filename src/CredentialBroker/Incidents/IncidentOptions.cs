namespace CredentialBroker.Incidents;

/// <summary>Section <c>Incidents</c>: bulk revocation.</summary>
internal sealed record IncidentOptions
{
    /// <summary>A revocation of more leases than this waits until another person confirms it, 0 to 10000000. Stopping to issue never does.</summary>
    public int ConfirmAbove { get; init; } = 1000;

    public IEnumerable<string> Validate()
    {
        if (ConfirmAbove is < 0 or > 10_000_000) yield return "Incidents:ConfirmAbove: outside 0 to 10000000";
    }
}
