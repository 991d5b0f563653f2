using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Tests.Sources;

/// <summary>GitHub's webhooks prompt, its API tells: what was reviewed gets its credential, what is over loses it.</summary>
public sealed class GitHubTests
{
    [Fact]
    public async Task R47_A_reviewed_job_gets_its_credential_and_loses_it_when_it_is_completed()
    {
        await using var scene = await SourcesScene.StartAsync();
        Assert.Contains("\"prompted\"", (await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review()))).Body, StringComparison.Ordinal);
        Assert.Equal("no_approval", (await scene.Scene.ClaimAsync(scene.GitHubJobToken(), "token")).Code ?? "no_approval");
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        Assert.Equal(0, await scene.CountAsync("approval_prompts"));
        var approval = (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals")[0];
        Assert.Equal(("github://45/123/production", "9001/1/77", "test", "alice", "bob"), (
            approval.GetProperty("workload").GetString(), approval.GetProperty("instance").GetString(), approval.GetProperty("environment").GetString(),
            approval.GetProperty("requester").GetString(), approval.GetProperty("approvers")[0].GetString()));

        var claim = await scene.Scene.ClaimAsync(scene.GitHubJobToken(), "token");
        Assert.True(claim.Status == HttpStatusCode.Created, claim.Body);
        scene.GitHub.JobJson["status"] = "completed";
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("workflow_job", Payloads.Job()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("ended_tasks") == 1);
        var lease = await scene.Scene.LeaseUntilAsync(claim.Json.GetProperty("lease").GetProperty("id").GetString()!, "ended");
        Assert.Equal("task_end", lease.GetProperty("cause").GetString());
        Assert.Equal("task_ended", (await scene.Scene.ClaimAsync(scene.GitHubJobToken(), "token")).Code);
    }

    [Fact]
    public async Task R49_What_was_reviewed_is_claimed_within_the_window_or_not_at_all()
    {
        await using var scene = await SourcesScene.StartAsync();
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        scene.Hostile.Pass(TimeSpan.FromMinutes(16));
        Assert.Equal("approval_expired", (await scene.Scene.ClaimAsync(scene.GitHubJobToken(), "token")).Code);
    }

    [Fact]
    public async Task A_rejection_is_heard_and_what_comes_later_cannot_undo_it()
    {
        await using var scene = await SourcesScene.StartAsync();
        scene.GitHub.Reviews.Add(GitHubStandIn.Review("rejected", "production", GitHubStandIn.Alice, "alice"));
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review("rejected")));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals", "state = 5") == 1);
        scene.GitHub.Reviews.RemoveAt(1);
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
        Assert.Equal(1, await scene.CountAsync("audit", "type = 'approval.rejected' AND body LIKE '%approval_final%'"));
    }

    /// <summary>Nothing was accepted that is forgotten, and nothing is approved that was not read.</summary>
    [Fact]
    public async Task While_the_API_cannot_be_read_nothing_is_approved_and_nothing_forgotten()
    {
        await using var scene = await SourcesScene.StartAsync();
        (int Status, string Body, string Fault)[] faults =
        [
            (500, "{}", "status 500"), (404, "{}", "status 404"), (401, "{}", "status 401"), (302, "", "a redirect"), (0, "", "no answer in time"),
            (200, """{"id":9001,"id":9001}""", "an answer that is no strict JSON"), (403, "{}", "status 403"), (200, "[] , []", "an answer that is no strict JSON"),
            (503, "{}", "status 503"), (200, "[],\"more\":[]", "an answer that is no strict JSON"), (204, "", "status 204"), (200, "", "an answer that is no strict JSON"),
        ];
        scene.GitHub.Instead["/runs/9001"] = (502, "{}", []);
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'status 502'") == 1);
        foreach (var (status, body, fault) in faults)
        {
            scene.GitHub.Instead["/runs/9001"] = (status, body, status == 302 ? [("Location", "/repos/octo/shop/actions/runs/9001/approvals")] : []);
            scene.Hostile.Pass(TimeSpan.FromMinutes(6));
            await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", $"last_error = '{fault}'") == 1);
            Assert.Equal(0, await scene.CountAsync("approvals"));
        }

        Assert.DoesNotContain(scene.GitHub.Asked, path => path.EndsWith("/approvals", StringComparison.Ordinal));
        scene.GitHub.Reset();
        scene.Hostile.Pass(TimeSpan.FromMinutes(6));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        Assert.Equal(0, await scene.CountAsync("approval_prompts"));
    }

    [Fact]
    public async Task A_rate_limit_is_kept_and_an_oversized_answer_is_none()
    {
        await using var scene = await SourcesScene.StartAsync();
        scene.GitHub.Instead["/runs/9001"] = (429, "{}", [("Retry-After", "120")]);
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'a rate limit'") == 1);
        var asked = scene.GitHub.Asked.Count;
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_protection_rule", Payloads.Entry()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'a rate limit'") == 2);
        Assert.Equal(asked, scene.GitHub.Asked.Count);

        scene.GitHub.Instead["/runs/9001"] = (200, "{\"a\":\"" + new string('x', 600_000) + "\"}", []);
        scene.Hostile.Pass(TimeSpan.FromSeconds(130));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error LIKE 'no answer%'") == 2);
        Assert.Equal(0, await scene.CountAsync("approvals"));
    }

    [Fact]
    public async Task After_a_day_without_an_answer_it_says_so()
    {
        await using var scene = await SourcesScene.StartAsync();
        scene.GitHub.Instead["/runs/9001"] = (503, "{}", []);
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'status 503'") == 1);
        scene.Hostile.Pass(TimeSpan.FromHours(25));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
        Assert.Equal(1, await scene.CountAsync("audit", $"type = 'approval.rejected' AND body LIKE '%{ReasonCodes.SourceUnavailable}%'"));
    }

    [Fact]
    public async Task Self_approval_is_recorded_where_the_source_allows_it()
    {
        await using var scene = await SourcesScene.StartAsync(sources => sources["github"]!["SelfApproval"] = "allow");
        scene.GitHub.RunJson["actor"] = GitHubStandIn.Account(GitHubStandIn.Bob, "bob");
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review()));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        Assert.Equal(1, await scene.CountAsync("audit", "type = 'approval.received' AND body LIKE '%approved by its requester%'"));
    }

    [Theory]
    [InlineData("ping", """{"zen":"Keep it logically awesome.","hook_id":1}""")]
    [InlineData("workflow_job", null)]
    [InlineData("deployment_review", null)]
    public async Task What_is_of_no_consequence_is_noted_and_leaves_nothing(string name, string? body)
    {
        await using var scene = await SourcesScene.StartAsync();
        body ??= name == "workflow_job" ? Payloads.Job() : Payloads.Review("requested");
        var before = await scene.Hostile.CountAsync();
        Assert.Contains("\"noted\"", (await SourcesScene.AcceptedAsync(scene.SendGitHubAsync(name, body))).Body, StringComparison.Ordinal);
        Assert.Equal(before.Rows, (await scene.Hostile.CountAsync()).Rows);
        Assert.Empty(scene.GitHub.Asked);
    }
}

/// <summary>Webhooks in their documented shapes, as far as they are read, and some of what is not.</summary>
internal static class Payloads
{
    public static string Review(string action = "approved", Action<JsonObject>? change = null) => Write(change, new JsonObject
    {
        ["action"] = action, ["comment"] = "ship it", ["approver"] = GitHubStandIn.Account(GitHubStandIn.Bob, "bob"), ["since"] = "5 minutes",
        ["workflow_run"] = new JsonObject { ["id"] = GitHubStandIn.Run, ["run_attempt"] = 1, ["status"] = "waiting", ["repository"] = new JsonObject { ["id"] = GitHubStandIn.Repository } },
        ["workflow_job_runs"] = new JsonArray(new JsonObject { ["id"] = GitHubStandIn.Job, ["environment"] = "production", ["name"] = "deploy", ["status"] = "waiting" }),
    });

    public static string Entry(Action<JsonObject>? change = null) => Write(change, new JsonObject
    {
        ["action"] = "requested", ["environment"] = "production", ["event"] = "push",
        ["deployment_callback_url"] = "https://api.github.test/repos/octo/shop/actions/runs/9001/deployment_protection_rule",
    });

    public static string Job(string action = "completed", Action<JsonObject>? change = null) => Write(change, new JsonObject
    {
        ["action"] = action,
        ["workflow_job"] = new JsonObject { ["id"] = GitHubStandIn.Job, ["run_id"] = GitHubStandIn.Run, ["run_attempt"] = 1, ["status"] = action, ["name"] = "deploy", ["runner_id"] = 3 },
    });

    private static string Write(Action<JsonObject>? change, JsonObject payload)
    {
        payload["repository"] = new JsonObject { ["id"] = GitHubStandIn.Repository, ["full_name"] = "octo/shop", ["owner"] = GitHubStandIn.Account(GitHubStandIn.Owner, "octo") };
        payload["sender"] = GitHubStandIn.Account(GitHubStandIn.Bob, "bob");
        change?.Invoke(payload);
        return payload.ToJsonString();
    }
}
