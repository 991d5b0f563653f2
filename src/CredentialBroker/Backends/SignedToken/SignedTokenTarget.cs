using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>Operator configuration <c>Targets:SignedToken:{name}</c>: which audiences templates may choose.</summary>
internal sealed record SignedTokenTarget
{
    /// <summary>Audiences that templates may choose.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved)
    {
        if (Audiences.Count == 0) yield return $"{path}:Audiences: must list at least one audience";
        for (var i = 0; i < Audiences.Count; i++)
        {
            var audience = Audiences[i];
            if (string.IsNullOrWhiteSpace(audience) || audience.Length > 256 || audience.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
                yield return $"{path}:Audiences:{i}: must be 1 to 256 characters without blanks";
            else if (reserved.Include(audience))
                yield return $"{path}:Audiences:{i}: is reserved for the broker's own federation";
        }
    }
}
