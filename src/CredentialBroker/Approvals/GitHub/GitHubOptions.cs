using CredentialBroker.Approvals.Prompts;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>Section <c>TrustSources:Approvals:&lt;name&gt;:GitHub</c>: where the state behind webhooks is read, and what it means here.</summary>
internal sealed record GitHubOptions : IStateOptions
{
    /// <summary>Base of the REST API: <c>https://api.github.com</c>, or <c>https://HOST/api/v3</c> of an own server.</summary>
    public string ApiBase { get; init; } = "https://api.github.com";

    /// <summary>File with a token that may read Actions of the repositories below; read anew for each request.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Tier of what a review approves: <c>low</c> or <c>standard</c>.</summary>
    public string Tier { get; init; } = "standard";

    /// <summary>The environment here for each environment of GitHub, by the name it has there.</summary>
    public Dictionary<string, string> Environments { get; init; } = [];

    /// <summary>Repositories by full name, such as <c>octo/shop</c>; the ids decide, the name only finds the API.</summary>
    public Dictionary<string, GitHubRepository> Repositories { get; init; } = [];

    /// <summary>Lets the API be on this machine itself, and there without TLS. For development.</summary>
    public bool AllowLoopback { get; init; }
}

/// <summary>Ids that a repository keeps when it is renamed or moved.</summary>
internal sealed record GitHubRepository
{
    /// <summary>The repository's id.</summary>
    public long Id { get; init; }

    /// <summary>The id of its owner, a person or an organization.</summary>
    public long OwnerId { get; init; }
}
