using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Tests.Sources;

/// <summary>
/// Stands in for GitHub's REST API: the four documents that are read, in their documented shapes, and strict about how it is
/// asked. A test changes a document, or what a path answers.
/// </summary>
internal sealed class GitHubStandIn : ApiStandIn
{
    public const string Token = "github_pat_test0000";
    public const long Owner = 45, Repository = 123, Run = 9001, Job = 700, Check = 77, Alice = 11, Bob = 12;

    public GitHubStandIn() => Reset();

    public JsonObject RunJson { get; private set; } = [];

    public JsonArray Reviews { get; private set; } = [];

    public JsonArray Pending { get; private set; } = [];

    public JsonObject JobJson { get; private set; } = [];

    /// <summary>Alice began a run, Bob reviewed its job, and the job is queued.</summary>
    public void Reset()
    {
        Instead.Clear();
        RunJson = new()
        {
            ["id"] = Run, ["name"] = "deploy", ["node_id"] = "W_1", ["run_number"] = 5, ["run_attempt"] = 1, ["status"] = "waiting", ["conclusion"] = null, ["event"] = "push",
            ["actor"] = Account(Alice, "alice"), ["triggering_actor"] = Account(Alice, "alice"),
            ["repository"] = new JsonObject { ["id"] = Repository, ["full_name"] = "octo/shop", ["owner"] = Account(Owner, "octo") },
        };
        Reviews = [Review("approved", "production", Bob, "bob")];
        Pending = [];
        JobJson = new()
        {
            ["id"] = Job, ["run_id"] = Run, ["run_attempt"] = 1, ["node_id"] = "J_1", ["name"] = "deploy", ["status"] = "queued", ["conclusion"] = null,
            ["check_run_url"] = $"https://api.github.test/repos/octo/shop/check-runs/{Check}", ["labels"] = new JsonArray("ubuntu-latest"), ["runner_id"] = null,
        };
    }

    public static JsonObject Review(string state, string environment, long id, string login) => new()
    {
        ["state"] = state, ["comment"] = "ship it", ["environments"] = new JsonArray(new JsonObject { ["id"] = 1, ["name"] = environment }), ["user"] = Account(id, login),
    };

    public static JsonObject Account(long id, string login) => new() { ["id"] = id, ["login"] = login, ["type"] = "User", ["site_admin"] = false };

    protected override bool Knows(HttpRequest request) =>
        request.Headers.Authorization == $"Bearer {Token}" && request.Headers["X-GitHub-Api-Version"] == "2022-11-28" && request.Headers.UserAgent.Count > 0;

    protected override JsonNode? Document(string path) => path switch
    {
        "/repos/octo/shop/actions/runs/9001" => RunJson,
        "/repos/octo/shop/actions/runs/9001/approvals" => Reviews,
        "/repos/octo/shop/actions/runs/9001/pending_deployments" => Pending,
        "/repos/octo/shop/actions/jobs/700" => JobJson,
        _ => null,
    };
}
