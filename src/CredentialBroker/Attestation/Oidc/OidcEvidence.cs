namespace CredentialBroker.Attestation;

/// <summary>A token of any OpenID Connect issuer, of which only <c>sub</c> is understood.</summary>
internal sealed class OidcEvidence : IEvidenceKind
{
    public string Name => "oidc";

    public string? UsualIssuer => null;

    public TimeSpan LongestLife => TimeSpan.FromHours(24);

    public string? UsualKeys(string issuer) => null;

    public Proof Read(string source, ClaimSheet sheet)
    {
        var subject = sheet.Require("sub", ClaimForms.Name, "sub");
        // Not jti: a fresh token would be a fresh instance, and approvals and limits per instance would mean nothing.
        return new Proof(subject, $"oidc://{source}/{UriSegment.Of(subject)}", subject);
    }
}
