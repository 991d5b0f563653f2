namespace CredentialBroker.Templates;

/// <summary>What no template may go over (R22); set by the operator.</summary>
internal sealed record TemplateLimits
{
    /// <summary>Longest life of one credential.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Longest life of a lease over all its renewals.</summary>
    public TimeSpan MaxTtl { get; init; } = TimeSpan.FromHours(24);
}
