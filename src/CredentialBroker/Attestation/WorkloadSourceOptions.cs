using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>One trust source of workloads as configured under <c>TrustSources:Workloads:{name}</c>.</summary>
internal sealed record WorkloadSourceOptions
{
    private static readonly TimeSpan UsualLifetime = TimeSpan.FromHours(1);

    /// <summary><c>kubernetes</c>, <c>oidc</c>, <c>github</c>, <c>gitlab</c>, <c>spiffe</c>, <c>aws</c>, <c>aws-call</c>, <c>azure</c>, <c>google</c> or <c>docker</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The tokens' <c>iss</c>, exactly. May be left out for <c>github</c>, <c>gitlab</c> and <c>google</c>; <c>spiffe</c> and <c>aws-call</c> have none.</summary>
    public string? Issuer { get; init; }

    /// <summary>The tokens' only <c>aud</c>, exactly: a name for this broker.</summary>
    public string Audience { get; init; } = "";

    /// <summary>File with the source's public keys, for <c>spiffe</c> its bundle; read again when it changes.</summary>
    public string? JwksFile { get; init; }

    /// <summary>URL with the source's public keys, for <c>spiffe</c> its bundle endpoint. Named here it is pinned; it may be on another host than the issuer.</summary>
    public string? JwksUrl { get; init; }

    // The configuration binder appends to an array that has elements, so a default here could never be narrowed.

    /// <summary>Signature algorithms allowed; without it the kind's usual ones, mostly RS256, ES256 and PS256.</summary>
    public string[]? Algorithms { get; init; }

    /// <summary>Allowed <c>typ</c> headers; without it, <c>JWT</c> or none, and for <c>spiffe</c> also <c>JOSE</c>.</summary>
    public string[]? TokenTypes { get; init; }

    /// <summary>Longest life of evidence accepted, such as <c>exp - iat</c>; without it one hour, or less where the kind allows less.</summary>
    public TimeSpan? MaxLifetime { get; init; }

    /// <summary>How far the issuer's clock may be from the broker's, at most 60 seconds.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Environments this source may vouch for.</summary>
    public string[] Environments { get; init; } = [];

    /// <summary>Lets keys be fetched from this machine itself, and there without TLS. For development.</summary>
    public bool AllowLoopback { get; init; }

    /// <summary>Who answers for this source (R39).</summary>
    public Owners? Owners { get; init; }

    /// <summary>For <c>kubernetes</c>: the cluster of <c>Clusters</c> that is asked about the token and its pod at every claim and renewal. Without it a token is believed by its signature alone.</summary>
    public string? Cluster { get; init; }

    /// <summary>What only <c>spiffe</c> has.</summary>
    public SpiffeSourceOptions? Spiffe { get; init; }

    /// <summary>What only <c>aws</c> and <c>aws-call</c> have.</summary>
    public AwsSourceOptions? Aws { get; init; }

    internal IReadOnlyList<string> EffectiveAlgorithms => Algorithms ?? TokenKind?.UsualAlgorithms ?? TokenAlgorithms.All;

    internal IReadOnlyList<string> EffectiveTypes => TokenTypes ?? TokenKind?.UsualTypes ?? [TokenRules.NoType];

    internal string? EffectiveIssuer => Issuer ?? TokenKind?.UsualIssuer;

    internal TimeSpan EffectiveMaxLifetime =>
        MaxLifetime ?? (EvidenceKinds.Find(Kind) is { } kind && kind.LongestLife < UsualLifetime ? kind.LongestLife : UsualLifetime);

    /// <summary>Where keys are fetched from, or null when they are in a file.</summary>
    internal string? EffectiveJwksUrl =>
        JwksUrl ?? (JwksFile is null && EffectiveIssuer is { } issuer ? TokenKind?.UsualKeys(issuer) : null);

    private ITokenKind? TokenKind => EvidenceKinds.FindToken(Kind);

    /// <summary>Every mistake at once, each a sentence that begins with its configuration path.</summary>
    internal IEnumerable<string> Validate(string name, OwnIssuers own) => new WorkloadSourceCheck(name, this, own).Mistakes();
}
