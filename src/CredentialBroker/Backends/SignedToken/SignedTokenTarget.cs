namespace CredentialBroker.Backends.SignedToken;

/// <summary>Operator configuration <c>Targets:SignedToken:{name}</c>: which audiences templates may choose.</summary>
internal sealed record SignedTokenTarget
{
    /// <summary>Audiences that templates may choose.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary>
    /// Audiences at which clouds and secret stores exchange a token for a login of their own. They trust the broker's
    /// federation issuer; a workload's token must never be mistaken for the broker's own.
    /// </summary>
    private static readonly string[] Reserved = ["sts.amazonaws.com", "api://AzureADTokenExchange", "vault"];

    private const string ReservedPrefix = "//iam.googleapis.com/";

    public static bool IsReserved(string audience) =>
        Reserved.Contains(audience.TrimEnd('/'), StringComparer.OrdinalIgnoreCase)
        || Normalized(audience).StartsWith(ReservedPrefix, StringComparison.OrdinalIgnoreCase);

    public IEnumerable<string> Validate(string path)
    {
        if (Audiences.Count == 0) yield return $"{path}:Audiences: must list at least one audience";
        for (var i = 0; i < Audiences.Count; i++)
        {
            var audience = Audiences[i];
            if (string.IsNullOrWhiteSpace(audience) || audience.Length > 256 || audience.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
                yield return $"{path}:Audiences:{i}: must be 1 to 256 characters without blanks";
            else if (IsReserved(audience))
                yield return $"{path}:Audiences:{i}: is reserved for the broker's own federation";
        }
    }

    // Google accepts the audience with and without its scheme.
    private static string Normalized(string audience) =>
        audience.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? audience["https:".Length..] : audience;
}
