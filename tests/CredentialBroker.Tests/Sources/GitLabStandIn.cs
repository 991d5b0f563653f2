using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Tests.Sources;

/// <summary>
/// Stands in for GitLab's REST API: the two documents that are read, in their documented shapes, and strict about how it is
/// asked. A test changes a document, or what a path answers.
/// </summary>
internal sealed class GitLabStandIn : ApiStandIn
{
    public const string Token = "glpat-test0000";
    public const long Project = 22, Pipeline = 301, Job = 302, Deployment = 15, Alice = 11, Bob = 12, Carol = 13;

    public GitLabStandIn() => Reset();

    public JsonObject DeploymentJson { get; private set; } = [];

    public JsonObject JobJson { get; private set; } = [];

    public JsonArray Approvals => DeploymentJson["approvals"]!.AsArray();

    /// <summary>Alice's pipeline deploys, Bob approved it, and its job runs.</summary>
    public void Reset()
    {
        Instead.Clear();
        DeploymentJson = new()
        {
            ["id"] = Deployment, ["iid"] = 2, ["ref"] = "main", ["sha"] = "0123456789abcdef0123456789abcdef01234567", ["created_at"] = "2026-07-01T12:00:00.000Z", ["status"] = "running",
            ["user"] = Account(Alice, "alice"), ["environment"] = new JsonObject { ["id"] = 9, ["name"] = "production", ["external_url"] = "https://shop.test" },
            ["deployable"] = new JsonObject
            {
                ["id"] = Job, ["status"] = "running", ["stage"] = "deploy", ["name"] = "deploy", ["ref"] = "main", ["tag"] = false, ["started_at"] = "2026-07-01T12:01:00.000Z", ["finished_at"] = null,
                ["user"] = Account(Alice, "alice"), ["pipeline"] = new JsonObject { ["id"] = Pipeline, ["ref"] = "main", ["status"] = "running" }, ["runner"] = null,
            },
            ["pending_approval_count"] = 0, ["approvals"] = new JsonArray(Approval("approved", Bob, "bob")),
        };
        JobJson = new()
        {
            ["id"] = Job, ["status"] = "running", ["stage"] = "deploy", ["name"] = "deploy", ["ref"] = "main", ["allow_failure"] = false, ["created_at"] = "2026-07-01T12:00:00.000Z", ["finished_at"] = null,
            ["user"] = Account(Alice, "alice"), ["pipeline"] = new JsonObject { ["id"] = Pipeline, ["project_id"] = Project, ["ref"] = "main", ["status"] = "running" }, ["project"] = new JsonObject { ["ci_job_token_scope_enabled"] = false },
        };
    }

    public static JsonObject Approval(string status, long id, string username) =>
        new() { ["user"] = Account(id, username), ["status"] = status, ["created_at"] = "2026-07-01T12:00:30.000Z", ["comment"] = "looks good" };

    /// <summary>As GitLab lists decisions under a rule of the environment.</summary>
    public static JsonObject Summary(params JsonObject[] approvals) => new()
    {
        ["rules"] = new JsonArray(new JsonObject { ["user_id"] = null, ["group_id"] = 134, ["access_level"] = null, ["required_approvals"] = 1, ["deployment_approvals"] = new JsonArray([.. approvals]) }),
    };

    public static JsonObject Account(long id, string username) => new() { ["id"] = id, ["username"] = username, ["name"] = username, ["state"] = "active" };

    protected override bool Knows(HttpRequest request) => request.Headers["PRIVATE-TOKEN"] == Token && request.Headers.Authorization.Count == 0;

    protected override JsonNode? Document(string path) => path switch
    {
        "/api/v4/projects/22/deployments/15" => DeploymentJson,
        "/api/v4/projects/22/jobs/302" => JobJson,
        _ => null,
    };
}

/// <summary>GitLab's webhooks in their documented shapes, as far as they are read, and some of what is not.</summary>
internal static class GitLabHooks
{
    public static string Deployment(string status = "running", Action<JsonObject>? change = null) => Write(change, new()
    {
        ["object_kind"] = "deployment", ["status"] = status, ["status_changed_at"] = "2026-07-01 12:01:00 +0000", ["deployment_id"] = GitLabStandIn.Deployment, ["deployable_id"] = GitLabStandIn.Job,
        ["deployable_url"] = "https://gitlab.test/shop/web/-/jobs/302", ["environment"] = "production", ["environment_tier"] = "production", ["environment_slug"] = "production",
        ["project"] = new JsonObject { ["id"] = GitLabStandIn.Project, ["name"] = "web", ["path_with_namespace"] = "shop/web" },
        ["short_sha"] = "01234567", ["user"] = GitLabStandIn.Account(GitLabStandIn.Alice, "alice"), ["commit_title"] = "Sell more",
    });

    public static string Job(string status = "success", Action<JsonObject>? change = null) => Write(change, new()
    {
        ["object_kind"] = "build", ["ref"] = "main", ["tag"] = false, ["build_id"] = GitLabStandIn.Job, ["build_name"] = "deploy", ["build_stage"] = "deploy", ["build_status"] = status,
        ["build_finished_at"] = null, ["build_allow_failure"] = false, ["pipeline_id"] = GitLabStandIn.Pipeline, ["project_id"] = GitLabStandIn.Project, ["project_name"] = "shop / web",
        ["user"] = GitLabStandIn.Account(GitLabStandIn.Alice, "alice"), ["runner"] = null, ["environment"] = new JsonObject { ["name"] = "production", ["action"] = "start" },
    });

    private static string Write(Action<JsonObject>? change, JsonObject payload)
    {
        change?.Invoke(payload);
        return payload.ToJsonString();
    }
}
