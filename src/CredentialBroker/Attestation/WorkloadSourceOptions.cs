using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>One trust source of workloads as configured under <c>TrustSources:Workloads:{name}</c>.</summary>
internal sealed record WorkloadSourceOptions
{
    private static readonly string[] UsualAlgorithms = ["RS256", "ES256", "PS256"];
    private static readonly string[] UsualTypes = [TokenRules.NoType, "JWT"];

    /// <summary><c>kubernetes</c>, <c>oidc</c>, <c>github</c> or <c>gitlab</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The tokens' <c>iss</c>, exactly. May be left out for <c>github</c> and <c>gitlab</c>.</summary>
    public string? Issuer { get; init; }

    /// <summary>The tokens' only <c>aud</c>, exactly: a name for this broker.</summary>
    public string Audience { get; init; } = "";

    /// <summary>File with the source's public keys; read again when it changes.</summary>
    public string? JwksFile { get; init; }

    /// <summary>URL with the source's public keys. Named here it is pinned; it may be on another host than the issuer.</summary>
    public string? JwksUrl { get; init; }

    // The configuration binder appends to an array that has elements, so a default here could never be narrowed.

    /// <summary>Signature algorithms allowed; without it RS256, ES256 and PS256.</summary>
    public string[]? Algorithms { get; init; }

    /// <summary>Allowed <c>typ</c> headers; without it, <c>JWT</c> or none.</summary>
    public string[]? TokenTypes { get; init; }

    /// <summary>Longest <c>exp - iat</c> accepted.</summary>
    public TimeSpan MaxLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How far the issuer's clock may be from the broker's, at most 60 seconds.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Environments this source may vouch for.</summary>
    public string[] Environments { get; init; } = [];

    /// <summary>Lets keys be fetched from this machine itself, and there without TLS. For development.</summary>
    public bool AllowLoopback { get; init; }

    /// <summary>Who answers for this source (R39).</summary>
    public Owners? Owners { get; init; }

    internal IReadOnlyList<string> EffectiveAlgorithms => Algorithms ?? UsualAlgorithms;

    internal IReadOnlyList<string> EffectiveTypes => TokenTypes ?? UsualTypes;

    internal string? EffectiveIssuer => Issuer ?? EvidenceKinds.Find(Kind)?.UsualIssuer;

    /// <summary>Where keys are fetched from, or null when they are in a file.</summary>
    internal string? EffectiveJwksUrl =>
        JwksUrl ?? (JwksFile is null && EffectiveIssuer is { } issuer ? EvidenceKinds.Find(Kind)?.UsualKeys(issuer) : null);

    /// <summary>Every mistake at once, each a sentence that begins with its configuration path.</summary>
    internal IEnumerable<string> Validate(string name, OwnIssuers own) => new WorkloadSourceCheck(name, this, own).Mistakes();
}
