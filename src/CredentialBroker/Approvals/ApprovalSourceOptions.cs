using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

/// <summary>Section <c>TrustSources:Approvals:&lt;name&gt;</c>: who may approve, for what, and how it is verified.</summary>
internal sealed record ApprovalSourceOptions
{
    /// <summary>The <c>iss</c> of its documents; exact.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>The one <c>aud</c> of its documents: this broker, as the source knows it.</summary>
    public string Audience { get; init; } = "";

    /// <summary>File with the source's JWK set. Either this or <see cref="JwksUrl"/>.</summary>
    public string? JwksFile { get; init; }

    /// <summary>HTTPS address of the source's JWK set, at its issuer's origin.</summary>
    public string? JwksUrl { get; init; }

    /// <summary>Signature algorithms it may use: ES256, PS256, RS256 unless fewer are listed.</summary>
    public string[]? Algorithms { get; init; }

    /// <summary>Environments it may approve for (R66).</summary>
    public string[] Environments { get; init; } = [];

    /// <summary>Templates it may approve: names, or a prefix as <c>orders-*</c>.</summary>
    public string[] Templates { get; init; } = [];

    /// <summary><c>exact</c>, <c>nonce</c> or <c>firstClaim</c>.</summary>
    public string Binding { get; init; } = "exact";

    /// <summary>Highest tier it may approve: <c>low</c>, <c>standard</c> or <c>critical</c>. Null is <c>critical</c>.</summary>
    public string? MaxTier { get; init; }

    /// <summary>Who answers for this source (R39).</summary>
    public Owners? Owners { get; init; }

    /// <summary>Longest validity from receipt that it may ask for, at most 24 hours (R49); also the default.</summary>
    public TimeSpan MaxValidity { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How many days after receipt an approval may be extended while its instance is seen to live and still to be allowed,
    /// by <see cref="MaxValidity"/> each time; 0 to 30, 0 never.
    /// </summary>
    public int ReaffirmDays { get; init; }

    /// <summary>Time for the first claim when a document does not say, at most 15 minutes (R49).</summary>
    public TimeSpan ClaimWindow { get; init; } = Limits.ClaimWindow;
}

/// <summary>Bounds that no configuration moves.</summary>
internal static class Limits
{
    public const int BodyBytes = 16 * 1024;

    /// <summary>A document may be accepted this long after it was signed, at most.</summary>
    public static readonly TimeSpan Acceptance = TimeSpan.FromMinutes(15);

    public static readonly TimeSpan ClaimWindow = TimeSpan.FromMinutes(15);

    public static readonly TimeSpan Validity = TimeSpan.FromHours(24);

    public static readonly string[] Algorithms = ["ES256", "PS256", "RS256"];
}
