namespace CredentialBroker.Attestation;

/// <summary>
/// A trust domain's identities: the JWT-SVID as a bearer token (JWT-SVID sections 2 to 4), and the X.509-SVID by client
/// certificate, which <see cref="SvidSource"/> judges. Both are judged by the one bundle of the domain.
/// </summary>
internal sealed class SpiffeEvidence : ITokenKind
{
    /// <summary>Of a client certificate: the workload holds a key that never travels.</summary>
    internal const int CertificateStrength = 5;

    public string Name => "spiffe";

    public int Strength => 2;

    public TimeSpan LongestLife => TimeSpan.FromHours(24);

    public bool HasIssuer => false;

    public IReadOnlyList<string> UsualAlgorithms => TokenAlgorithms.All;

    public IReadOnlyList<string> UsualTypes => [TokenRules.NoType, "JWT", "JOSE"];

    public ReadKeys Keys => SpiffeBundle.Parse;

    // The standard demands exp and has no word on iat.
    public TokenRules Fit(TokenRules usual) => usual with { Issuer = null, NeedsIssuedAt = false };

    public IEnumerable<(string Key, string Mistake)> Mistakes(WorkloadSourceOptions options) =>
        options.Spiffe is { } spiffe ? spiffe.Mistakes(options) : [("Spiffe", "is required: the trust domain.")];

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        var domain = options.Spiffe!.TrustDomain;
        var subject = sheet.Require("spiffeId", text => SpiffeId.Parse(text) is not null, "sub");
        if (sheet.Fault is null && SpiffeId.Parse(subject)!.TrustDomain != domain)
        {
            sheet.Refuse("The claim sub is of another trust domain.");
        }

        return Prove(subject, domain, sheet.State);
    }

    // Not the one token or certificate: a fresh one would be a fresh instance, and what is bound to an instance would mean nothing.
    internal static Proof Prove(string id, string domain, Action<string, string> state)
    {
        state("trustDomain", domain);
        return new Proof(id, id, id);
    }
}
