namespace CredentialBroker.Issuance;

/// <summary>
/// Section <c>Policy</c>: an external policy point, asked about every claim and renewal that would else be granted. There
/// is no switch that allows on error; a fault can only be covered by a named, dated, second-person risk acceptance.
/// </summary>
internal sealed record ExternalPolicyOptions
{
    /// <summary>Address of the decision document (OPA data API style); null asks nobody.</summary>
    public Uri? Url { get; init; }

    /// <summary>How long an answer may take, at most 3 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Revisions whose answers count; empty takes any that is named.</summary>
    public IReadOnlyList<string> Revisions { get; init; } = [];

    /// <summary><c>deny</c>, or the name of a risk acceptance that covers faults.</summary>
    public string OnError { get; init; } = "deny";

    /// <summary>Acceptances by name.</summary>
    public IReadOnlyDictionary<string, RiskAcceptance> RiskAcceptances { get; init; } = new Dictionary<string, RiskAcceptance>();

    public IEnumerable<string> Validate(TimeProvider clock)
    {
        if (Url is not null && Url.Scheme != Uri.UriSchemeHttps && !Url.IsLoopback) yield return "Policy:Url: must be https; plain http is for loopback only";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromSeconds(3)) yield return "Policy:Timeout: outside 0 to 3 seconds";
        foreach (var (name, acceptance) in RiskAcceptances)
        {
            foreach (var mistake in acceptance.Validate()) yield return $"Policy:RiskAcceptances:{name}:{mistake}";
        }

        if (OnError == "deny") yield break;
        if (!RiskAcceptances.TryGetValue(OnError, out var named)) yield return $"Policy:OnError: '{OnError}' is neither deny nor the name of a risk acceptance; errors are never simply allowed";
        else if (named.Fault(clock.GetUtcNow()) is { } fault) yield return $"Policy:OnError: risk acceptance '{OnError}' {fault}";
    }
}

/// <summary>Somebody's explicit, dated word that policy faults may be passed over for some templates (R03).</summary>
internal sealed record RiskAcceptance
{
    /// <summary>Longest life of an acceptance.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>Templates it covers, by name.</summary>
    public IReadOnlyList<string> Templates { get; init; } = [];

    /// <summary>Who answers for the risk.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Who asked for it.</summary>
    public string RequestedBy { get; init; } = "";

    /// <summary>Who accepted it; another person than asked.</summary>
    public string ApprovedBy { get; init; } = "";

    /// <summary>Why, such as a ticket.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When it begins.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>When it ends, at most 30 days after it began.</summary>
    public DateTimeOffset Until { get; init; }

    /// <summary>Why it does not hold now, or null.</summary>
    public string? Fault(DateTimeOffset now) => this switch
    {
        _ when string.Equals(RequestedBy, ApprovedBy, StringComparison.OrdinalIgnoreCase) => "is approved by its requester",
        _ when now < From => "has not begun",
        _ when now >= Until => "is expired",
        _ when Until - From > Longest => "lasts longer than 30 days",
        _ => null,
    };

    public IEnumerable<string> Validate()
    {
        if (Templates.Count == 0) yield return "Templates: name the templates it covers";
        if (string.IsNullOrWhiteSpace(Owner)) yield return "Owner: required";
        if (string.IsNullOrWhiteSpace(RequestedBy)) yield return "RequestedBy: required";
        if (string.IsNullOrWhiteSpace(ApprovedBy)) yield return "ApprovedBy: required";
        if (string.IsNullOrWhiteSpace(Reason)) yield return "Reason: required";
        if (string.Equals(RequestedBy, ApprovedBy, StringComparison.OrdinalIgnoreCase)) yield return "ApprovedBy: must be another person than RequestedBy";
        if (Until <= From || Until - From > Longest) yield return "Until: must be after From, by at most 30 days";
    }
}
