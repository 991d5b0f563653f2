using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Sources;

/// <summary>GitLab's part: its API, its webhooks, and the tokens of its jobs.</summary>
internal sealed partial class SourcesScene
{
    public const string GitLabSecret = "nobody else knows this";

    public GitLabStandIn GitLab { get; } = new();

    /// <param name="token">Empty for none.</param>
    public Task<Reply> SendGitLabAsync(string name, string body, string token = GitLabSecret, string? id = null, string type = "application/json")
    {
        var headers = new List<(string, string)>
        {
            ("X-Gitlab-Event", name), ("X-Gitlab-Event-UUID", id ?? Ids.New(TimeProvider.System)), ("X-Gitlab-Instance", "https://gitlab.test"), ("User-Agent", "GitLab/18.5.0"),
        };
        if (token.Length > 0) headers.Add(("X-Gitlab-Token", token));
        return Scene.SendAsync(HttpMethod.Post, "/v1/approvals/gitlab", null, new StringContent(body, Encoding.UTF8, type), [.. headers]);
    }

    public Task<Reply> SendDeploymentAsync(string status = "running", Action<JsonObject>? change = null) => SendGitLabAsync("Deployment Hook", GitLabHooks.Deployment(status, change));

    public Task<Reply> SendJobAsync(string status = "success", Action<JsonObject>? change = null) => SendGitLabAsync("Job Hook", GitLabHooks.Job(status, change));

    public string GitLabJobToken(string job = "302", string environment = "production")
    {
        _signing.Set(Now);
        var issuer = new TestIssuer("https://gitlab.test", Scene.Audience, _signing, _actionsKey);
        var claims = issuer.GitLabClaims("22", job, "301");
        claims["jti"] = CredentialBroker.Protocol.Ids.New(Hostile.Clock);
        claims["environment"] = environment;
        return issuer.Sign(claims);
    }

    private (string, JsonNode?)[] GitLabSource(Func<string, string, string> file) =>
    [
        ("Format", "gitlab"), ("SecretFile", file("gitlab.secret", GitLabSecret)), ("GitLab", new JsonObject
        {
            ["ApiBase"] = $"{GitLab.Url}api/v4", ["AllowLoopback"] = true, ["TokenFile"] = file("gitlab.token", GitLabStandIn.Token), ["WorkloadSource"] = "forge",
            ["Environments"] = new JsonObject { ["production"] = "test" }, ["Projects"] = new JsonObject { ["22"] = "shop/web" },
        }),
    ];

    private JsonObject GitLabJobs(Func<string, string, string> file, JsonNode owners) => new()
    {
        ["Kind"] = "gitlab", ["Issuer"] = "https://gitlab.test", ["Audience"] = Scene.Audience, ["Environments"] = new JsonArray("test"),
        ["JwksFile"] = file("forge.jwks", new JsonObject { ["keys"] = new JsonArray(_actionsKey.Jwk()) }.ToJsonString()), ["Owners"] = owners,
    };
}
