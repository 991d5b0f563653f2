namespace CredentialBroker.Protocol.Reviews;

/// <summary>One check of an identity.</summary>
/// <param name="Name"><c>identity</c> (who it is at run time), <c>injected</c> (what is put in, and how long that is valid), <c>inherited</c> (what it may by namespace, cluster, node and cloud) or <c>bounded</c> (whether all its credentials are leases).</param>
/// <param name="Result"><c>pass</c>, <c>fail</c> or <c>unknown</c>.</param>
/// <param name="Items">What there is, exactly.</param>
/// <param name="Reasons">Why it fails, and what cannot be told.</param>
public sealed record CheckView(string Name, string Result, IReadOnlyList<string> Items, IReadOnlyList<string> Reasons)
{
    /// <summary>Nothing is wrong.</summary>
    public const string Pass = "pass";
    /// <summary>Something is.</summary>
    public const string Fail = "fail";
    /// <summary>The documents do not say.</summary>
    public const string Unknown = "unknown";
}

/// <summary>A review of one effective identity.</summary>
/// <param name="Workload">URI of the workload.</param>
/// <param name="Fingerprint">SHA-256 of what the identity is made of; the image is no part of it.</param>
/// <param name="Result"><c>fail</c> when one check fails, else <c>unknown</c> when one cannot tell, else <c>pass</c>.</param>
/// <param name="Runs">What runs under it in the documents.</param>
/// <param name="Checks">The four checks.</param>
public sealed record IdentityReviewView(string Workload, string Fingerprint, string Result, IReadOnlyList<string> Runs, IReadOnlyList<CheckView> Checks)
{
    /// <summary>State of a review that nobody decided on.</summary>
    public const string Open = "open";
    /// <summary>State of a review that somebody accepted and that stands.</summary>
    public const string Accepted = "accepted";
    /// <summary>State of a review that somebody refused.</summary>
    public const string Refused = "refused";
    /// <summary>State of a review whose identity is another by now.</summary>
    public const string Stale = "stale";

    /// <summary>Identifier; absent when nothing was kept.</summary>
    public string? Id { get; init; }
    /// <summary><c>open</c>, <c>accepted</c>, <c>refused</c>, or <c>stale</c> once the identity is another; absent when nothing was kept.</summary>
    public string? State { get; init; }
    /// <summary>Who handed the documents in.</summary>
    public string? ReviewedBy { get; init; }
    /// <summary>When this identity was last seen.</summary>
    public DateTimeOffset? ReviewedAt { get; init; }
    /// <summary>Who accepted or refused it.</summary>
    public string? DecidedBy { get; init; }
    /// <summary>When.</summary>
    public DateTimeOffset? DecidedAt { get; init; }
    /// <summary>What they said.</summary>
    public string? Note { get; init; }
    /// <summary>Beside the one that stood before: what is new of it, and what is gone.</summary>
    public IReadOnlyList<string>? Changes { get; init; }
}

/// <summary>Reviews of identities.</summary>
public sealed record IdentityReviewList(IReadOnlyList<IdentityReviewView> Reviews);

/// <summary>Body of <c>POST /v1/reviews/identity/{id}/decision</c>.</summary>
/// <param name="Accept">Whether the identity is as it should be.</param>
/// <param name="Note">Why; recorded.</param>
public sealed record IdentityDecision(bool Accept, string Note);

/// <summary>Leases that are alike in what they reach.</summary>
/// <param name="Backend">Kind of credential.</param>
/// <param name="Target">Where it is honoured.</param>
/// <param name="Environment">Environment.</param>
/// <param name="Template">Template.</param>
/// <param name="Owner">Who answers for the template's runtime.</param>
/// <param name="Revocability">What ending means.</param>
/// <param name="Live">Leases that are not over.</param>
/// <param name="Recent">Leases that ended within the time looked at.</param>
/// <param name="UsableUntil">When the last of those that live is dead by itself; absent when none lives.</param>
public sealed record BlastGroup(
    string Backend, string Target, string Environment, string Template, string? Owner = null, Revocability Revocability = default, long Live = 0, long Recent = 0, DateTimeOffset? UsableUntil = null);

/// <summary>Who holds or held leases.</summary>
/// <param name="Workload">URI of the workload.</param>
/// <param name="Node">The node it runs on.</param>
/// <param name="Leases">How many.</param>
public sealed record BlastHolder(string Workload, string? Node = null, long Leases = 0);

/// <summary>What whoever took over what a selector covers could reach. Nothing was changed.</summary>
/// <param name="Selector">The selector, narrowed to what the operator reaches.</param>
/// <param name="Since">Leases that ended after this are counted too.</param>
/// <param name="MadeAt">When it was counted.</param>
/// <param name="Live">Leases that are not over.</param>
/// <param name="Recent">Leases that ended since then.</param>
/// <param name="Instances">Running instances that hold or held them.</param>
/// <param name="Sentence">The same in words.</param>
/// <param name="Environments">Environments reached.</param>
/// <param name="Owners">Who answers for what is reached.</param>
/// <param name="Groups">Counted by backend, target, environment, template and revocability; most first.</param>
/// <param name="Holders">Who holds most of them, at most twenty.</param>
/// <param name="Privileges">What the decisions behind them granted, each once.</param>
/// <param name="PrivilegesOf">How many leases the privileges were read of, newest first; fewer than all of them when there are very many.</param>
public sealed record BlastRadius(
    string Selector, DateTimeOffset Since, DateTimeOffset MadeAt, long Live, long Recent, long Instances, string Sentence, IReadOnlyList<string> Environments, IReadOnlyList<string> Owners,
    IReadOnlyList<BlastGroup> Groups, IReadOnlyList<BlastHolder> Holders, IReadOnlyList<Privilege> Privileges, long PrivilegesOf);
