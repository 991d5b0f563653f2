using CredentialBroker.Approvals.GitHub;
using CredentialBroker.Approvals.GitLab;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

/// <summary>Section <c>TrustSources:Approvals:&lt;name&gt;</c>: who may approve, for what, and how it is verified.</summary>
internal sealed record ApprovalSourceOptions
{
    /// <summary><c>jws</c>, <c>cloudevents</c>, <c>cdevents</c>, <c>github</c>, <c>gitlab</c> or <c>admission</c>.</summary>
    public string Format { get; init; } = Formats.Jws;

    /// <summary>
    /// What proves the sender. For <c>cloudevents</c> and <c>cdevents</c>: <c>webhook</c>, <c>jws</c> or <c>mtls</c>. For <c>admission</c>, of the
    /// cluster's API server: <c>mtls</c>, or <c>token</c> (a bearer token of <see cref="SecretFile"/>).
    /// </summary>
    public string? Authentication { get; init; }

    /// <summary>The <c>iss</c> of its documents, or the <c>source</c> of its CloudEvents; exact. Not for <c>github</c> and <c>gitlab</c>.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>The one <c>aud</c> of its documents: this broker, as the source knows it. For signed documents only.</summary>
    public string Audience { get; init; } = "";

    /// <summary>
    /// File with the secret of its webhooks. For CloudEvents one or two lines <c>whsec_…</c> (Standard Webhooks), the second for the time of a
    /// rotation; for <c>github</c> and <c>gitlab</c> one or two lines of at least 16 characters; for <c>admission</c> with <c>token</c> one or two lines of 32 to 512 characters.
    /// </summary>
    public string? SecretFile { get; init; }

    /// <summary>PEM file with the authority that its client certificate is from, and intermediates where there are any.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>The subject alternative name its client certificate must have: <c>dns:gate.example</c> or <c>uri:spiffe://…</c>; exact.</summary>
    public string? ClientSan { get; init; }

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

    /// <summary>Highest tier it may approve: <c>low</c>, <c>standard</c>, <c>critical</c> or <c>privileged</c>. Null is <c>critical</c>.</summary>
    public string? MaxTier { get; init; }

    /// <summary><c>refuse</c> what its requester approved, or <c>allow</c> it and record that.</summary>
    public string SelfApproval { get; init; } = "refuse";

    /// <summary>How many different people must have approved, requester and service accounts not counted; 0 to 16.</summary>
    public int MinApprovers { get; init; }

    /// <summary>Names that never count as approvers, such as bots.</summary>
    public string[] ServiceAccounts { get; init; } = [];

    /// <summary>The cluster of <c>Clusters</c> whose API server asks. For <c>admission</c> only.</summary>
    public string? Cluster { get; init; }

    /// <summary>Where the state behind GitHub's webhooks is read. For <c>github</c> only.</summary>
    public GitHubOptions? GitHub { get; init; }

    /// <summary>Where the state behind GitLab's webhooks is read. For <c>gitlab</c> only.</summary>
    public GitLabOptions? GitLab { get; init; }

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
