using CredentialBroker.Approvals;
using CredentialBroker.Policy;

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

    /// <summary>File with the bearer token that the policy point wants; read at each question.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file of the authorities that may have signed its certificate; null for those of the machine.</summary>
    public string? CaFile { get; init; }

    /// <summary>How long an answer may take, at most 3 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Revisions whose answers count; empty takes any that is named.</summary>
    public IReadOnlyList<string> Revisions { get; init; } = [];

    /// <summary><c>deny</c>, or <c>risk:</c> and the name or id of a risk acceptance. One that is not live denies too.</summary>
    public string OnError { get; init; } = Deny;

    /// <summary>How long a privileged claim may wait for an answer at most before it is refused, up to an hour (R06).</summary>
    public TimeSpan DeferFor { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>When a claim that waits is judged again for the first time, and when its workload is told to ask; 1 second to 5 minutes. Later looks are further apart.</summary>
    public TimeSpan RecheckEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether live leases that would not be granted today are ended (R36); when not, they are only shown.</summary>
    public bool EndChanged { get; init; } = true;

    /// <summary>How often every live lease is judged again, 10 seconds to a day; beside that it happens soon after a control, a template or trust changed.</summary>
    public TimeSpan ReviewEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Minimum controls by environment: <c>dev</c>, <c>standard</c> or <c>regulated</c> (R67). An environment that is not named has the broker's own profile, <c>Hosting:Profile</c>.
    /// </summary>
    public Dictionary<string, string> Environments { get; init; } = [];

    /// <summary>Name or id of the risk acceptance that may cover faults; null where none may.</summary>
    internal string? Acceptance => OnError.StartsWith(Risk, StringComparison.Ordinal) && Text.IsName(OnError[Risk.Length..]) ? OnError[Risk.Length..] : null;

    public IEnumerable<string> Validate()
    {
        if (Url is not null && Url.Scheme != Uri.UriSchemeHttps && !Url.IsLoopback) yield return "Policy:Url: must be https; plain http is for loopback only";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromSeconds(3)) yield return "Policy:Timeout: outside 0 to 3 seconds";
        if (TokenFile is not null && !File.Exists(TokenFile)) yield return "Policy:TokenFile: no such file";
        if (CaFile is not null && !File.Exists(CaFile)) yield return "Policy:CaFile: no such file";
        foreach (var (environment, profile) in Environments)
        {
            if (!Text.IsName(environment)) yield return $"Policy:Environments: '{environment}' is no environment's name";
            if (!Profiles.All.Contains(profile)) yield return $"Policy:Environments:{environment}: '{profile}' is none of {string.Join(", ", Profiles.All)}";
        }

        if (ReviewEvery < TimeSpan.FromSeconds(10) || ReviewEvery > TimeSpan.FromDays(1)) yield return "Policy:ReviewEvery: outside 10 seconds to a day";
        if (DeferFor <= TimeSpan.Zero || DeferFor > TimeSpan.FromHours(1)) yield return "Policy:DeferFor: outside 0 to 1 hour";
        if (RecheckEvery < TimeSpan.FromSeconds(1) || RecheckEvery > TimeSpan.FromMinutes(5)) yield return "Policy:RecheckEvery: outside 1 second to 5 minutes";
        if (OnError != Deny && Acceptance is null)
        {
            yield return $"Policy:OnError: '{OnError}' is neither deny nor risk: and the name of a risk acceptance; errors are never simply allowed";
        }
    }
}
