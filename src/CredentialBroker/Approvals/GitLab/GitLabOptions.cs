using CredentialBroker.Approvals.Prompts;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>Section <c>TrustSources:Approvals:&lt;name&gt;:GitLab</c>: where the state behind webhooks is read, and what it means here.</summary>
internal sealed record GitLabOptions : IStateOptions
{
    /// <summary>Base of the REST API: <c>https://gitlab.com/api/v4</c>, or <c>https://HOST/api/v4</c> of an own instance.</summary>
    public string ApiBase { get; init; } = "https://gitlab.com/api/v4";

    /// <summary>File with a token that may read the projects below (<c>read_api</c>); read anew for each request.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Tier of what is approved there: <c>low</c> or <c>standard</c>.</summary>
    public string Tier { get; init; } = "standard";

    /// <summary>The workload source of kind <c>gitlab</c> that this instance's jobs prove themselves by.</summary>
    public string WorkloadSource { get; init; } = "";

    /// <summary>The environment here for each environment of GitLab, by the name it has there. Deployments to others are none of this source's.</summary>
    public Dictionary<string, string> Environments { get; init; } = [];

    /// <summary>Projects by id, each with its path, such as <c>shop/web</c>. The id decides; the path is what records call it.</summary>
    public Dictionary<string, string> Projects { get; init; } = [];

    /// <summary>Lets the API be on this machine itself, and there without TLS. For development.</summary>
    public bool AllowLoopback { get; init; }

    /// <summary>The path of one of its projects; null for any other.</summary>
    public string? PathOf(long? project) =>
        project is { } id && Projects.TryGetValue(id.ToString(System.Globalization.CultureInfo.InvariantCulture), out var path) ? path : null;
}
