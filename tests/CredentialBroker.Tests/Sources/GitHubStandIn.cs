using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Tests.Sources;

/// <summary>
/// Stands in for GitHub's REST API: the four documents that are read, in their documented shapes, and strict about how it is
/// asked. A test changes a document, or what a path answers.
/// </summary>
internal sealed class GitHubStandIn : IAsyncDisposable
{
    public const string Token = "github_pat_test0000";
    public const long Owner = 45, Repository = 123, Run = 9001, Job = 700, Check = 77, Alice = 11, Bob = 12;

    private readonly WebApplication _app;

    private GitHubStandIn(WebApplication app, Uri url)
    {
        (_app, Url) = (app, url);
        Reset();
    }

    public Uri Url { get; }

    public JsonObject RunJson { get; private set; } = [];

    public JsonArray Reviews { get; private set; } = [];

    public JsonArray Pending { get; private set; } = [];

    public JsonObject JobJson { get; private set; } = [];

    /// <summary>Answers instead of the documents, by the end of the path; status 0 never answers.</summary>
    public ConcurrentDictionary<string, (int Status, string Body, (string Name, string Value)[] Headers)> Instead { get; } = new();

    public ConcurrentQueue<string> Asked { get; } = new();

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

    public static async Task<GitHubStandIn> StartAsync()
    {
        var url = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var standIn = new GitHubStandIn(builder.Build(), url);
        standIn._app.Urls.Add(url.ToString());
        standIn._app.Run(standIn.AnswerAsync);
        await standIn._app.StartAsync();
        return standIn;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Asked.Enqueue(path);
        if (Instead.FirstOrDefault(i => path.EndsWith(i.Key, StringComparison.Ordinal)) is { Key: not null, Value: var (status, body, headers) })
        {
            if (status == 0) await Task.Delay(Timeout.Infinite, http.RequestAborted);
            foreach (var (name, value) in headers) http.Response.Headers[name] = value;
            await WriteAsync(http, status, body);
            return;
        }

        if (http.Request.Headers.Authorization != $"Bearer {Token}" || http.Request.Headers["X-GitHub-Api-Version"] != "2022-11-28" || http.Request.Headers.UserAgent.Count == 0)
        {
            await WriteAsync(http, 401, """{"message":"Bad credentials"}""");
            return;
        }

        JsonNode? document = path switch
        {
            "/repos/octo/shop/actions/runs/9001" => RunJson,
            "/repos/octo/shop/actions/runs/9001/approvals" => Reviews,
            "/repos/octo/shop/actions/runs/9001/pending_deployments" => Pending,
            "/repos/octo/shop/actions/jobs/700" => JobJson,
            _ => null,
        };
        await WriteAsync(http, document is null ? 404 : 200, document?.ToJsonString() ?? """{"message":"Not Found"}""");
    }

    private static Task WriteAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.WriteAsync(body);
    }
}
