namespace CredentialBroker.Proofs;

/// <summary>Section <c>Proofs</c>: how often a canary shows that what is revoked is dead.</summary>
internal sealed record ProofOptions
{
    /// <summary>How often a canary is made and ended for each template whose credential can be used for a proof, 1 minute to 30 days; 0 for never.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Canaries under way at once on one replica, 1 to 64.</summary>
    public int MostAtOnce { get; init; } = 8;

    public IEnumerable<string> Validate()
    {
        if (Every != TimeSpan.Zero && (Every < TimeSpan.FromMinutes(1) || Every > TimeSpan.FromDays(30))) yield return "Proofs:Every: outside 00:01:00 to 30.00:00:00; 0 for never";
        if (MostAtOnce is < 1 or > 64) yield return "Proofs:MostAtOnce: outside 1 to 64";
    }
}
