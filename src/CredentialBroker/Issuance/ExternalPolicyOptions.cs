using CredentialBroker.Approvals;

namespace CredentialBroker.Issuance;

/// <summary>
/// Section <c>Policy</c>: an external policy point, asked about every claim and renewal that would else be granted. There
/// is no switch that allows on error; a fault can only be covered by a risk acceptance, a record of two people in the store.
/// </summary>
internal sealed record ExternalPolicyOptions
{
    private const string Deny = "deny";
    private const string Risk = "risk:";

    /// <summary>Address of the decision document (OPA data API style); null asks nobody.</summary>
    public Uri? Url { get; init; }

    /// <summary>How long an answer may take, at most 3 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Revisions whose answers count; empty takes any that is named.</summary>
    public IReadOnlyList<string> Revisions { get; init; } = [];

    /// <summary><c>deny</c>, or <c>risk:</c> and the name or id of a risk acceptance. One that is not live denies too.</summary>
    public string OnError { get; init; } = Deny;

    /// <summary>Name or id of the risk acceptance that may cover faults; null where none may.</summary>
    internal string? Acceptance => OnError.StartsWith(Risk, StringComparison.Ordinal) && Text.IsName(OnError[Risk.Length..]) ? OnError[Risk.Length..] : null;

    public IEnumerable<string> Validate()
    {
        if (Url is not null && Url.Scheme != Uri.UriSchemeHttps && !Url.IsLoopback) yield return "Policy:Url: must be https; plain http is for loopback only";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromSeconds(3)) yield return "Policy:Timeout: outside 0 to 3 seconds";
        if (OnError != Deny && Acceptance is null)
        {
            yield return $"Policy:OnError: '{OnError}' is neither deny nor risk: and the name of a risk acceptance; errors are never simply allowed";
        }
    }
}
