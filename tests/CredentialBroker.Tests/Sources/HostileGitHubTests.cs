using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Sources;

/// <summary>Webhooks that are not GitHub's, that are and mean nothing here, and that GitHub's own state contradicts.</summary>
public sealed class HostileGitHubTests
{
    [Fact]
    public async Task What_is_refused_at_the_door_asks_nobody_and_leaves_nothing()
    {
        await using var scene = await SourcesScene.StartAsync();
        Task<Reply> Send(string body, string name = "deployment_review", string? signature = null, string type = "application/json") => scene.SendGitHubAsync(name, body, signature, type: type);
        var good = Payloads.Review();
        JsonObject Run(JsonObject p) => p["workflow_run"]!.AsObject();
        (string What, int Status, string Code, bool Recorded, Func<Task<Reply>> Send)[] cases =
        [
            ("unsigned", 401, ReasonCodes.EvidenceMissing, false, () => Send(good, signature: "")),
            ("wrong secret", 401, ReasonCodes.EvidenceSignature, false, () => Send(good, signature: SourcesScene.GitHubSignature(good, "another secret here"))),
            ("the older signature's form", 401, ReasonCodes.EvidenceHeader, false, () => Send(good, signature: "sha1=" + new string('0', 40))),
            ("no hexadecimal", 401, ReasonCodes.EvidenceHeader, false, () => Send(good, signature: "sha256=" + new string('x', 64))),
            ("body changed by white space", 401, ReasonCodes.EvidenceSignature, false, () => Send(good + " ", signature: SourcesScene.GitHubSignature(good))),
            ("form", 400, ReasonCodes.RequestMalformed, false, () => Send("payload=x", type: "application/x-www-form-urlencoded")),
            ("oversize", 413, ReasonCodes.RequestTooLarge, false, () => Send(Payloads.Review(change: p => p["comment"] = new string('x', 140_000)))),
            ("unknown event", 400, ReasonCodes.EventType, true, () => Send(good, "push")),
            ("unknown action", 400, ReasonCodes.EventType, true, () => Send(Payloads.Review("dismissed"))),
            ("one event under another's name", 400, ReasonCodes.EventType, true, () => Send(good, "workflow_job")),
            ("a job under a review's name", 400, ReasonCodes.EventType, true, () => Send(Payloads.Job())),
            ("a review under a ping's name", 400, ReasonCodes.ApprovalMalformed, true, () => Send(good, "ping")),
            ("another repository", 403, ReasonCodes.SourceNotEntitled, true, () => Send(Payloads.Review(change: p => p["repository"]!["id"] = 124))),
            ("another owner", 403, ReasonCodes.SourceNotEntitled, true, () => Send(Payloads.Review(change: p => p["repository"]!["owner"]!["id"] = 46))),
            ("the name alone", 403, ReasonCodes.SourceNotEntitled, true, () => Send(Payloads.Review(change: p => p["repository"] = new JsonObject { ["full_name"] = "octo/shop" }))),
            ("another environment", 403, ReasonCodes.SourceNotEntitled, true, () => Send(Payloads.Review(change: p => p["workflow_job_runs"]![0]!["environment"] = "staging"))),
            ("entry to another environment", 403, ReasonCodes.SourceNotEntitled, true, () => Send(Payloads.Entry(p => p["environment"] = "staging"), "deployment_protection_rule")),
            ("entry without run", 400, ReasonCodes.ApprovalMalformed, true, () => Send(Payloads.Entry(p => p["deployment_callback_url"] = "https://evil.test/"), "deployment_protection_rule")),
            ("run of another repository", 400, ReasonCodes.ApprovalMalformed, true, () => Send(Payloads.Review(change: p => Run(p)["repository"]!["id"] = 124))),
            ("run as text", 400, ReasonCodes.ApprovalMalformed, true, () => Send(Payloads.Review(change: p => Run(p)["id"] = "9001"))),
            ("no attempt", 400, ReasonCodes.ApprovalMalformed, true, () => Send(Payloads.Review(change: p => Run(p).Remove("run_attempt")))),
            ("no approver", 400, ReasonCodes.ApprovalMalformed, true, () => Send(Payloads.Review(change: p => p.Remove("approver")))),
            ("no job", 400, ReasonCodes.ApprovalMalformed, true, () => Send(Payloads.Review(change: p => p["workflow_job_runs"] = new JsonArray()))),
            ("member twice", 400, ReasonCodes.ApprovalMalformed, true, () => Send(good[..^1] + ",\"action\":\"approved\"}")),
            ("trailing data", 400, ReasonCodes.ApprovalMalformed, true, () => Send(good + "[]")),
            ("NUL in an environment", 400, ReasonCodes.ApprovalMalformed, true, () => Send(Payloads.Review(change: p => p["workflow_job_runs"]![0]!["environment"] = "production\0"))),
        ];
        foreach (var (what, status, code, recorded, send) in cases) await scene.RefusedAsync(what, status, code, recorded, send);
        Assert.Empty(scene.GitHub.Asked);
    }

    [Fact]
    public async Task A_delivery_counts_once_by_its_id_and_by_its_body()
    {
        await using var scene = await SourcesScene.StartAsync();
        await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review(), delivery: "d-1"));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
        await scene.RefusedAsync("same body", 409, ReasonCodes.ApprovalReplayed, true, () => scene.SendGitHubAsync("deployment_review", Payloads.Review(), delivery: "d-2"));
        await scene.RefusedAsync("same id, other body", 409, ReasonCodes.ApprovalReplayed, true, () => scene.SendGitHubAsync("deployment_review", Payloads.Review(change: p => p["comment"] = "x"), delivery: "d-1"));
    }

    /// <summary>The webhook is authentic; what it says is not so, or not any more.</summary>
    [Fact]
    public async Task What_the_API_does_not_confirm_is_refused_and_recorded()
    {
        await using var scene = await SourcesScene.StartAsync();
        var github = scene.GitHub;
        var bob = GitHubStandIn.Account(GitHubStandIn.Bob, "bob");
        (string What, string Code, Action Change)[] cases =
        [
            ("run of another repository", ReasonCodes.StateMismatch, () => github.RunJson["repository"]!["id"] = 124),
            ("run of another owner", ReasonCodes.StateMismatch, () => github.RunJson["repository"]!["owner"]!["id"] = 46),
            ("another run", ReasonCodes.StateMismatch, () => github.RunJson["id"] = 9002),
            ("another attempt", ReasonCodes.StateMismatch, () => github.RunJson["run_attempt"] = 2),
            ("run as text", ReasonCodes.StateMismatch, () => github.RunJson["id"] = "9001"),
            ("nobody reviewed", ReasonCodes.ApprovalPending, () => github.Reviews.Clear()),
            ("another environment was approved", ReasonCodes.ApprovalPending, () => github.Reviews[0] = GitHubStandIn.Review("approved", "staging", GitHubStandIn.Bob, "bob")),
            ("a review that is neither", ReasonCodes.ApprovalPending, () => github.Reviews[0] = GitHubStandIn.Review("pending", "production", GitHubStandIn.Bob, "bob")),
            ("still waits", ReasonCodes.ApprovalPending, () => github.Pending.Add(new JsonObject { ["environment"] = new JsonObject { ["id"] = 1, ["name"] = "production" }, ["wait_timer"] = 0 })),
            ("something waits without a name", ReasonCodes.ApprovalPending, () => github.Pending.Add(new JsonObject())),
            ("another account approved", ReasonCodes.StateMismatch, () => github.Reviews[0] = GitHubStandIn.Review("approved", "production", 13, "bob")),
            ("job of another run", ReasonCodes.StateMismatch, () => github.JobJson["run_id"] = 9002),
            ("job of another attempt", ReasonCodes.StateMismatch, () => github.JobJson["run_attempt"] = 2),
            ("job without check", ReasonCodes.StateMismatch, () => github.JobJson.Remove("check_run_url")),
            ("job over", ReasonCodes.TaskEnded, () => github.JobJson["status"] = "completed"),
            ("run over", ReasonCodes.TaskEnded, () => github.RunJson["status"] = "completed"),
            ("run without status", ReasonCodes.TaskEnded, () => github.RunJson.Remove("status")),
            ("run that nobody began", ReasonCodes.StateMismatch, () => github.RunJson.Remove("actor")),
            ("approver began the run", ReasonCodes.SelfApproval, () => github.RunJson["actor"] = bob.DeepClone()),
            ("approver began the attempt", ReasonCodes.SelfApproval, () => github.RunJson["triggering_actor"] = bob.DeepClone()),
            ("approver under an older name", ReasonCodes.SelfApproval, () => github.RunJson["actor"] = GitHubStandIn.Account(GitHubStandIn.Bob, "robert")),
            ("answers that are lists", ReasonCodes.StateMismatch, () => github.Instead["/runs/9001"] = (200, "[1]", [])),
        ];
        foreach (var (what, code, change) in cases)
        {
            github.Reset();
            change();
            var recorded = $"type = 'approval.rejected' AND body LIKE '%\"cause\":\"{code}\"%'";
            var before = await scene.CountAsync("audit", recorded);
            await SourcesScene.AcceptedAsync(scene.SendGitHubAsync("deployment_review", Payloads.Review(change: p => p["comment"] = what)));
            await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
            Assert.True(await scene.CountAsync("approvals") == 0, what);
            Assert.True(await scene.CountAsync("audit", recorded) == before + 1, $"{what}: {code} was not recorded");
        }

        Assert.Equal("no_approval", (await scene.Scene.ClaimAsync(scene.GitHubJobToken(), "token")).Code);
    }
}
