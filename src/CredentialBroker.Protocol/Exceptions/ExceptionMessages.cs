namespace CredentialBroker.Protocol.Exceptions;

/// <summary>Three ways to bend a rule in the open.</summary>
public enum ExceptionKind
{
    /// <summary>A template's leases may do more for a while.</summary>
    Exception,
    /// <summary>Faults of external policy may be passed over for a while.</summary>
    RiskAcceptance,
    /// <summary>One instance may claim without an approval of a source.</summary>
    BreakGlass,
}

/// <summary>What an exception lets a template's leases do beyond the template: a closed list, of which one at least is given.</summary>
/// <param name="Ttl">Longest life of one credential, such as <c>30m</c>; at most the operator's ceiling.</param>
/// <param name="ConcurrentLeases">Leases that one workload instance may hold at a time.</param>
/// <param name="FirstClaimBinding">An approval bound by nonce is taken by the first instance of its workload that claims, without the nonce; never where the tier is critical.</param>
public sealed record ExceptionTerms(string? Ttl = null, int? ConcurrentLeases = null, bool FirstClaimBinding = false);

/// <summary>Body of <c>POST /v1/exceptions</c>. It stands once another operator approved it.</summary>
/// <param name="Templates">Templates it is for, by name.</param>
/// <param name="May">What it lets them do.</param>
/// <param name="Owners">Who answers for it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ticket">Where it is tracked.</param>
/// <param name="For">How long, such as <c>8h</c>; at most the operator's limit.</param>
/// <param name="Selector">Narrows it to claims that this selects.</param>
/// <param name="From">When it begins; when absent, with its approval.</param>
public sealed record ExceptionRequest(
    IReadOnlyList<string> Templates, ExceptionTerms May, Owners Owners, string Reason, string Ticket, string For, string? Selector = null, DateTimeOffset? From = null);

/// <summary>Body of <c>POST /v1/risk-acceptances</c>: faults of external policy may be passed over. It stands once another operator approved it.</summary>
/// <param name="Name">What configuration calls it, as <c>Policy:OnError</c> <c>risk:NAME</c>.</param>
/// <param name="Templates">Templates it is for, by name.</param>
/// <param name="Owners">Who answers for the risk.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ticket">Where it is tracked.</param>
/// <param name="For">How long; at most 30 days.</param>
/// <param name="Selector">Narrows it to claims that this selects.</param>
/// <param name="From">When it begins; when absent, with its approval.</param>
public sealed record RiskAcceptanceRequest(
    string Name, IReadOnlyList<string> Templates, Owners Owners, string Reason, string Ticket, string For, string? Selector = null, DateTimeOffset? From = null);

/// <summary>Body of <c>POST /v1/breakglass</c>: one instance may claim from one template at once, and another person reviews it afterwards.</summary>
/// <param name="Template">Template, of those that allow it.</param>
/// <param name="Workload">Workload URI.</param>
/// <param name="Instance">The running instance.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ticket">Where it is tracked, when there is a place yet.</param>
/// <param name="For">How long, such as <c>30m</c>; at most an hour.</param>
public sealed record BreakGlassRequest(string Template, string Workload, string Instance, string Reason, string? Ticket = null, string? For = null);

/// <summary>Body of <c>POST /v1/breakglass/{id}/review</c>.</summary>
/// <param name="Justified">Whether it was right.</param>
/// <param name="Note">What was found.</param>
public sealed record ReviewRequest(bool Justified, string Note);

/// <summary>An exception, risk acceptance or break-glass: what was bent, by whom, until when.</summary>
public sealed record ExceptionView
{
    /// <summary>Identifier.</summary>
    public required string Id { get; init; }
    /// <summary><c>exception</c>, <c>risk_acceptance</c> or <c>breakglass</c>.</summary>
    public required string Kind { get; init; }
    /// <summary><c>requested</c>, <c>approved</c> (not begun), <c>live</c>, <c>over</c>, <c>refused</c> or <c>ended</c>.</summary>
    public required string State { get; init; }
    /// <summary>Name of a risk acceptance.</summary>
    public string? Name { get; init; }
    /// <summary>Templates it is for.</summary>
    public required IReadOnlyList<string> Templates { get; init; }
    /// <summary>Narrows it.</summary>
    public string? Selector { get; init; }
    /// <summary>What an exception lets them do.</summary>
    public ExceptionTerms? May { get; init; }
    /// <summary>Who answers for it.</summary>
    public required Owners Owners { get; init; }
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
    /// <summary>Where it is tracked.</summary>
    public string? Ticket { get; init; }
    /// <summary>Who asked for it.</summary>
    public required string RequestedBy { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset RequestedAt { get; init; }
    /// <summary>How long it stands.</summary>
    public required string For { get; init; }
    /// <summary>The second person.</summary>
    public string? ApprovedBy { get; init; }
    /// <summary>When its window begins.</summary>
    public DateTimeOffset? StartsAt { get; init; }
    /// <summary>When its window ends.</summary>
    public DateTimeOffset? EndsAt { get; init; }
    /// <summary>Who ended it early.</summary>
    public string? EndedBy { get; init; }
    /// <summary>When break-glass is to be reviewed at the latest.</summary>
    public DateTimeOffset? ReviewBy { get; init; }
    /// <summary>Who reviewed it.</summary>
    public string? ReviewedBy { get; init; }
    /// <summary>What the review found.</summary>
    public string? Review { get; init; }
    /// <summary>Approval that break-glass made.</summary>
    public string? Approval { get; init; }
}

/// <summary>Records of one kind, newest first.</summary>
public sealed record ExceptionList(IReadOnlyList<ExceptionView> Items);
