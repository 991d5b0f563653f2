namespace CredentialBroker.Attestation;

/// <summary>A token of any OpenID Connect issuer, of which only <c>sub</c> is understood.</summary>
internal sealed class OidcEvidence : ITokenKind
{
    public string Name => "oidc";

    // A bearer token checked by its signature alone: replayable until it expires, and deaf to the workload's end.
    public int Strength => 2;

    public TimeSpan LongestLife => TimeSpan.FromHours(24);

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        var subject = sheet.Require("sub", ClaimForms.Name, "sub");
        // Not jti: a fresh token would be a fresh instance, and approvals and limits per instance would mean nothing.
        return new Proof(subject, $"oidc://{source}/{UriSegment.Of(subject)}", subject);
    }
}
