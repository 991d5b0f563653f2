namespace CredentialBroker.Exceptions;

/// <summary>Section <c>Exceptions</c>: how far and how long rules may be bent in the open.</summary>
internal sealed record ExceptionOptions
{
    /// <summary>Longest window of an exception, at most 72 hours.</summary>
    public TimeSpan MaxWindow { get; init; } = TimeSpan.FromHours(72);

    /// <summary>Longest window of a risk acceptance, at most 30 days.</summary>
    public TimeSpan MaxRiskAcceptance { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Break-glass.</summary>
    public BreakGlassOptions BreakGlass { get; init; } = new();

    public IEnumerable<string> Validate()
    {
        if (MaxWindow <= TimeSpan.Zero || MaxWindow > TimeSpan.FromHours(72)) yield return "Exceptions:MaxWindow: outside 0 to 3.00:00:00";
        if (MaxRiskAcceptance <= TimeSpan.Zero || MaxRiskAcceptance > TimeSpan.FromDays(30)) yield return "Exceptions:MaxRiskAcceptance: outside 0 to 30.00:00:00";
        if (BreakGlass.MaxValidity <= TimeSpan.Zero || BreakGlass.MaxValidity > TimeSpan.FromHours(1)) yield return "Exceptions:BreakGlass:MaxValidity: outside 0 to 01:00:00";
        if (BreakGlass.ReviewWithin <= TimeSpan.Zero || BreakGlass.ReviewWithin > TimeSpan.FromHours(24)) yield return "Exceptions:BreakGlass:ReviewWithin: outside 0 to 1.00:00:00";
    }
}

/// <summary>Section <c>Exceptions:BreakGlass</c>.</summary>
internal sealed record BreakGlassOptions
{
    /// <summary>Templates that allow it, by name; empty allows it nowhere.</summary>
    public IReadOnlyList<string> Templates { get; init; } = [];

    /// <summary>Longest validity, at most 1 hour; also the default.</summary>
    public TimeSpan MaxValidity { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time for another person's review, at most 24 hours. Until an overdue one is done, its template is locked for break-glass.</summary>
    public TimeSpan ReviewWithin { get; init; } = TimeSpan.FromHours(24);
}
