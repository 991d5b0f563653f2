namespace CredentialBroker.Attestation;

/// <summary>The issuers this broker is itself. What it signed is no evidence to it, however the issuer is spelled.</summary>
internal sealed class OwnIssuers(IEnumerable<string> issuers)
{
    private readonly HashSet<string> _canonical = new(issuers.Select(Canonical), StringComparer.OrdinalIgnoreCase);

    internal bool Include(string issuer) => _canonical.Contains(Canonical(issuer));

    private static string Canonical(string issuer) =>
        (Uri.TryCreate(issuer, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Path) : issuer).TrimEnd('/');
}
