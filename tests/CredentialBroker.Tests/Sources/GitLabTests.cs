using System.Net;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Sources;

/// <summary>GitLab's webhooks prompt, its API tells: what was approved gets its credential, what is over loses it.</summary>
public sealed class GitLabTests
{
    [Fact]
    public async Task R24_R47_An_approved_deployments_job_gets_its_credential_and_loses_it_when_it_is_over()
    {
        await using var scene = await SourcesScene.StartAsync();
        Assert.Contains("\"prompted\"", (await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync())).Body, StringComparison.Ordinal);
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        Assert.Equal(0, await scene.CountAsync("approval_prompts"));
        var approval = (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals")[0];
        Assert.Equal(("gitlab://forge/22", "302", "test", "alice", "bob", "gitlab/forge/22/302"), (
            approval.GetProperty("workload").GetString(), approval.GetProperty("instance").GetString(), approval.GetProperty("environment").GetString(),
            approval.GetProperty("requester").GetString(), approval.GetProperty("approvers")[0].GetString(), approval.GetProperty("task").GetString()));

        // Another job of the project, and the same one in another environment, are not who was approved.
        Assert.NotEqual(HttpStatusCode.Created, (await scene.Scene.ClaimAsync(scene.GitLabJobToken(job: "303"), "token")).Status);
        Assert.NotEqual(HttpStatusCode.Created, (await scene.Scene.ClaimAsync(scene.GitLabJobToken(environment: "staging"), "token")).Status);
        var claim = await scene.Scene.ClaimAsync(scene.GitLabJobToken(), "token");
        Assert.True(claim.Status == HttpStatusCode.Created, claim.Body);

        // A webhook says that it is over and the API does not: nothing ends, and it is looked at again.
        await SourcesScene.AcceptedAsync(scene.SendJobAsync("failed"));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'the job is not over at the API'") == 1);
        Assert.Equal(0, await scene.CountAsync("ended_tasks"));
        scene.GitLab.JobJson["status"] = "failed";
        scene.Hostile.Pass(TimeSpan.FromSeconds(10));
        await scene.LookUntilAsync(async () => await scene.CountAsync("ended_tasks") == 1);
        var lease = await scene.Scene.LeaseUntilAsync(claim.Json.GetProperty("lease").GetProperty("id").GetString()!, "ended");
        Assert.Equal("task_end", lease.GetProperty("cause").GetString());
        Assert.Equal("task_ended", (await scene.Scene.ClaimAsync(scene.GitLabJobToken(), "token")).Code);
    }

    [Theory]
    [InlineData("success", true)]
    [InlineData("canceled", true)]
    [InlineData("skipped", false)]
    public async Task R47_Every_end_of_a_job_ends_its_task(string status, bool asDeployment)
    {
        await using var scene = await SourcesScene.StartAsync();
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync());
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        scene.GitLab.JobJson["status"] = status;
        await SourcesScene.AcceptedAsync(asDeployment ? scene.SendDeploymentAsync(status) : scene.SendJobAsync(status));
        await scene.LookUntilAsync(async () => await scene.CountAsync("ended_tasks", "task = 'gitlab/forge/22/302'") == 1);
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
    }

    [Fact]
    public async Task A_rejection_is_heard_and_what_comes_later_cannot_undo_it()
    {
        await using var scene = await SourcesScene.StartAsync();
        scene.GitLab.Approvals.Add(GitLabStandIn.Approval("rejected", GitLabStandIn.Carol, "carol"));
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync("failed"));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals", "state = 5") == 1);
        scene.GitLab.Approvals.RemoveAt(1);
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync());
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
        Assert.Equal(1, await scene.CountAsync("audit", "type = 'approval.rejected' AND body LIKE '%approval_final%'"));
    }

    /// <summary>Nothing was accepted that is forgotten, and nothing is approved that was not read.</summary>
    [Fact]
    public async Task While_the_API_cannot_be_read_nothing_is_approved_and_nothing_forgotten()
    {
        await using var scene = await SourcesScene.StartAsync();
        (int Status, string Body, (string, string)[] Headers, string Fault)[] faults =
        [
            (404, "{}", [], "status 404"), (401, "{}", [], "status 401"), (302, "", [("Location", "/api/v4/projects/22/jobs/302")], "a redirect"), (429, "{}", [], "status 429"),
            (200, """{"id":15,"id":15}""", [], "an answer that is no strict JSON"), (200, "{\"a\":\"" + new string('x', 600_000) + "\"}", [], "no answer:"),
        ];
        scene.GitLab.Instead["/deployments/15"] = (502, "{}", []);
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync());
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'status 502'") == 1);
        foreach (var (status, body, headers, fault) in faults)
        {
            scene.GitLab.Instead["/deployments/15"] = (status, body, headers);
            scene.Hostile.Pass(TimeSpan.FromMinutes(6));
            await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", $"last_error LIKE '{fault}%'") == 1);
            Assert.Equal(0, await scene.CountAsync("approvals"));
        }

        Assert.DoesNotContain(scene.GitLab.Asked, path => path.EndsWith("/jobs/302", StringComparison.Ordinal));
        scene.GitLab.Instead["/deployments/15"] = (429, "{}", [("Retry-After", "120")]);
        scene.Hostile.Pass(TimeSpan.FromMinutes(6));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'a rate limit'") == 1);
        var asked = scene.GitLab.Asked.Count;
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync("canceled"));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts", "last_error = 'a rate limit'") == 3);
        Assert.Equal(asked, scene.GitLab.Asked.Count);

        scene.GitLab.Reset();
        scene.Hostile.Pass(TimeSpan.FromMinutes(6));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
    }

    [Fact]
    public async Task Enough_others_must_have_approved_wherever_GitLab_lists_them()
    {
        await using var scene = await SourcesScene.StartAsync(sources => sources["gitlab"]!["MinApprovers"] = 2);
        var gitlab = scene.GitLab;
        gitlab.Approvals.Add(GitLabStandIn.Approval("approved", GitLabStandIn.Alice, "alice"));
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync());
        await scene.LookUntilAsync(async () => await scene.CountAsync("audit", $"type = 'approval.rejected' AND body LIKE '%{ReasonCodes.ApproversMissing}%'") == 1);
        gitlab.DeploymentJson["approval_summary"] = GitLabStandIn.Summary(GitLabStandIn.Approval("approved", GitLabStandIn.Carol, "carol"));
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync(change: p => p["commit_title"] = "again"));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        var approvers = (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals")[0].GetProperty("approvers");
        Assert.Equal(["bob", "carol"], approvers.EnumerateArray().Select(a => a.GetString()));
    }

    [Fact]
    public async Task Self_approval_is_recorded_where_the_source_allows_it()
    {
        await using var scene = await SourcesScene.StartAsync(sources => sources["gitlab"]!["SelfApproval"] = "allow");
        scene.GitLab.DeploymentJson["user"] = GitLabStandIn.Account(GitLabStandIn.Bob, "bob");
        await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync());
        await scene.LookUntilAsync(async () => await scene.CountAsync("approvals") == 1);
        Assert.Equal(1, await scene.CountAsync("audit", "type = 'approval.received' AND body LIKE '%approved by its requester%'"));
    }

    [Fact]
    public async Task What_is_of_no_consequence_is_noted_and_leaves_nothing()
    {
        await using var scene = await SourcesScene.StartAsync();
        var before = await scene.Hostile.CountAsync();
        (string What, Func<Task<Reply>> Send)[] cases =
        [
            ("a deployment that was made", () => scene.SendDeploymentAsync("created")),
            ("one that waits", () => scene.SendDeploymentAsync("blocked")),
            ("one of no job", () => scene.SendDeploymentAsync(change: p => p["deployable_id"] = null)),
            ("one to an environment that is none of ours", () => scene.SendDeploymentAsync(change: p => p["environment"] = "review/feature-1")),
            ("the success of one that nobody approved here", () => scene.SendDeploymentAsync("success")),
            ("the end of a job that nobody approved here", () => scene.SendJobAsync()),
            ("a job that runs", () => scene.SendJobAsync("running")),
            ("a job that is being cancelled", () => scene.SendJobAsync("canceling")),
        ];
        foreach (var (what, send) in cases)
        {
            var body = (await SourcesScene.AcceptedAsync(send())).Body;
            Assert.True(body.Contains("\"noted\"", StringComparison.Ordinal), $"{what}: {body}");
        }

        Assert.Equal(before.Rows, (await scene.Hostile.CountAsync()).Rows);
        Assert.Empty(scene.GitLab.Asked);
    }
}
