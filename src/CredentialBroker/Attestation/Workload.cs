using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Attestation;

/// <summary>Who is asking, as far as evidence proved it. Nothing here was merely claimed.</summary>
/// <param name="Source">Name of the trust source that vouches for the workload; part of its identity.</param>
/// <param name="Kind">Kind of evidence, such as <c>kubernetes</c> or <c>oidc</c>.</param>
/// <param name="Uri">Workload URI, such as <c>k8s://prod-eu/shop/checkout</c>; what templates match.</param>
/// <param name="Subject">The evidence's own subject, unparsed.</param>
/// <param name="Instance">The one running thing: pod UID, run id, token subject.</param>
/// <param name="Strength">Attestation strength from 0 (refused) to 5 (key held by the node's own agent).</param>
/// <param name="Attributes">Further proven facts by name, such as <c>namespace</c> or <c>serviceAccountUid</c>.</param>
/// <param name="ActChain">Who acts for whom, outermost first (RFC 8693 section 4.1 <c>act</c>); empty when the workload acts for itself.</param>
/// <param name="EvidenceId">Name of this piece of evidence, for one-time use: its <c>jti</c>, else its SHA-256.</param>
/// <param name="EvidenceExpiresAt">When the evidence stops proving anything, in UTC milliseconds.</param>
internal sealed record Workload(
    string Source,
    string Kind,
    string Uri,
    string Subject,
    string Instance,
    int Strength,
    IReadOnlyDictionary<string, string> Attributes,
    IReadOnlyList<string> ActChain,
    string EvidenceId,
    long EvidenceExpiresAt)
{
    /// <summary>Keys it proved to hold beside its evidence.</summary>
    public HeldKeys Keys { get; init; } = HeldKeys.None;

    /// <summary>Whose word the evidence is: the token's <c>iss</c>, or the certificate's trust domain.</summary>
    public string? Issuer { get; init; }

    /// <summary>The key that signed it, as its issuer names it; where it was a certificate, its authority's key.</summary>
    public string? KeyId { get; init; }

    /// <summary>Row id of the instance: a hash, because names from two sources may be alike.</summary>
    public string Id { get; } = IdOf(Source, Uri, Instance);

    /// <summary>The same, of an instance that somebody else saw.</summary>
    public static string IdOf(string source, string uri, string instance) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{uri}\n{instance}")))[..32];

    /// <summary>Whether this evidence may serve again until it expires.</summary>
    public EvidenceReuse Reuse { get; init; } = EvidenceReuse.TemplateDecides;
}

internal enum EvidenceReuse
{
    /// <summary>A bearer token: as often as the template lets it.</summary>
    TemplateDecides,
    /// <summary>Whoever sees it can repeat it for long, and another is cheap to make: it serves one claim, whatever the template says.</summary>
    Never,
    /// <summary>A connection's certificate: the key is proven anew by each connection, and there is nothing that could be used up.</summary>
    Always,
}

/// <summary>What attestation answers: a proven workload, or a refusal with its stable code.</summary>
internal abstract record Attested
{
    private Attested() { }

    internal sealed record As(Workload Workload) : Attested;

    /// <param name="Code">Stable reason code, one of <c>ReasonCodes</c>.</param>
    /// <param name="Detail">What was wrong, for operators; never quotes the evidence.</param>
    internal sealed record Refused(string Code, string Detail) : Attested;
}
