namespace CredentialBroker.Hosting;

/// <summary>Section <c>Operators</c>: how people and their tools prove themselves, and what they may do.</summary>
internal sealed record OperatorOptions
{
    /// <summary>Where the bootstrap token is written, with mode 0600.</summary>
    public string BootstrapTokenFile { get; init; } = "data/bootstrap-token";

    /// <summary>Failed logins that are looked at from one address (of IPv6, from one /64), in a burst and each minute, 1 to 10000; more are told to come back.</summary>
    public int FailedLoginsPerMinute { get; init; } = 20;

    /// <summary>Who issues operators' bearer tokens.</summary>
    public Dictionary<string, OperatorIssuerOptions> Issuers { get; init; } = [];

    /// <summary>Whose client certificates operators show.</summary>
    public Dictionary<string, OperatorCertificateOptions> Certificates { get; init; } = [];

    /// <summary>People who have several logins, by name. What any of them does is done by the person.</summary>
    public Dictionary<string, OperatorPersonOptions> People { get; init; } = [];
}

/// <summary>One person.</summary>
internal sealed record OperatorPersonOptions
{
    /// <summary>The logins, as <c>credbroker whoami</c> shows them: issuer and subject with a <c>#</c> between, such as <c>https://login.example/realms/ops#2f6e</c> or <c>certificate:staff#ann@example</c>; exact.</summary>
    public string[] Logins { get; init; } = [];
}

/// <summary>One issuer of operators' tokens (OpenID Connect ID tokens, or access tokens as of RFC 9068).</summary>
internal sealed record OperatorIssuerOptions
{
    /// <summary>The tokens' <c>iss</c>, exactly.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>The tokens' only <c>aud</c>, exactly: a name for operating this broker, which no workload or approval uses.</summary>
    public string Audience { get; init; } = "";

    /// <summary>File with the issuer's public keys; read again when it changes. Either this or <c>JwksUrl</c>.</summary>
    public string? JwksFile { get; init; }

    /// <summary>URL with the issuer's public keys; may be on another host than the issuer.</summary>
    public string? JwksUrl { get; init; }

    // The configuration binder appends to an array that has elements, so a default here could never be narrowed.

    /// <summary>Signature algorithms allowed; without it RS256, ES256 and PS256.</summary>
    public string[]? Algorithms { get; init; }

    /// <summary>Allowed <c>typ</c> headers; without it <c>JWT</c>, <c>at+jwt</c> or none.</summary>
    public string[]? TokenTypes { get; init; }

    /// <summary>Longest <c>exp - iat</c> accepted, at most 12 hours.</summary>
    public TimeSpan MaxLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Lets keys be fetched from this machine itself, and there without TLS. For development.</summary>
    public bool AllowLoopback { get; init; }

    /// <summary>Who gets which role; roles add up, and who gets none may do nothing.</summary>
    public List<RoleBindingOptions> Roles { get; init; } = [];

    internal IReadOnlyList<string> EffectiveAlgorithms => Algorithms ?? ["RS256", "ES256", "PS256"];

    internal IReadOnlyList<string> EffectiveTypes => TokenTypes ?? ["", "JWT", "at+jwt"];
}

/// <summary>One set of authorities for operators' client certificates; each is judged alone, never as one store.</summary>
internal sealed record OperatorCertificateOptions
{
    /// <summary>PEM file of the authorities: at least one self-signed root, and intermediates. Read again when it changes.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>Who gets which role. Claims of a certificate are <c>uri</c>, <c>dns</c>, <c>email</c> (of its subject alternative name) and <c>subject</c> (such as <c>CN=ann, O=Example</c>).</summary>
    public List<RoleBindingOptions> Roles { get; init; } = [];
}

/// <summary>One way to a role.</summary>
internal sealed record RoleBindingOptions
{
    /// <summary><c>auditor</c>, <c>platform</c>, <c>responder</c> or <c>admin</c>.</summary>
    public string Role { get; init; } = "";

    /// <summary>What the role is narrowed to, such as <c>environment=staging</c>; null is everything.</summary>
    public string? Selector { get; init; }

    /// <summary>What the operator's token or certificate must say; all of them.</summary>
    public List<ClaimMatchOptions> Match { get; init; } = [];
}

/// <summary>A claim and the values that count.</summary>
internal sealed record ClaimMatchOptions
{
    /// <summary>The claim's name, or a JSON Pointer (RFC 6901) such as <c>/realm_access/roles</c>.</summary>
    public string Claim { get; init; } = "";

    /// <summary>Exact values, one of which must be the claim's or among the claim's.</summary>
    public string[] Values { get; init; } = [];
}
