using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Sources;

/// <summary>Webhooks that are not GitLab's, that are and mean nothing here, and that GitLab's own state contradicts.</summary>
public sealed class HostileGitLabTests
{
    [Fact]
    public async Task What_is_refused_at_the_door_asks_nobody_and_leaves_nothing()
    {
        await using var scene = await SourcesScene.StartAsync();
        var good = GitLabHooks.Deployment();
        Task<Reply> Send(string body, string name = "Deployment Hook", string token = SourcesScene.GitLabSecret, string? id = null, string type = "application/json") => scene.SendGitLabAsync(name, body, token, id, type);
        Task<Reply> Changed(Action<JsonObject> change) => Send(GitLabHooks.Deployment(change: change));
        Task<Reply> Job(Action<JsonObject> change) => Send(GitLabHooks.Job(change: change), "Job Hook");
        (string What, int Status, string Code, bool Recorded, Func<Task<Reply>> Send)[] cases =
        [
            ("no token", 401, ReasonCodes.EvidenceMissing, false, () => Send(good, token: "")),
            ("wrong token", 401, ReasonCodes.EvidenceSignature, false, () => Send(good, token: "another secret here")),
            ("the token's beginning", 401, ReasonCodes.EvidenceSignature, false, () => Send(good, token: SourcesScene.GitLabSecret[..^1])),
            ("the token in capitals", 401, ReasonCodes.EvidenceSignature, false, () => Send(good, token: SourcesScene.GitLabSecret.ToUpperInvariant())),
            ("a token that is too long", 401, ReasonCodes.EvidenceHeader, false, () => Send(good, token: new string('x', 1100))),
            ("form", 400, ReasonCodes.RequestMalformed, false, () => Send("payload=x", type: "application/x-www-form-urlencoded")),
            ("oversize", 413, ReasonCodes.RequestTooLarge, false, () => Changed(p => p["commit_title"] = new string('x', 140_000))),
            ("an id that is none", 401, ReasonCodes.EvidenceHeader, true, () => Send(good, id: "one two")),
            ("unknown event", 400, ReasonCodes.EventType, true, () => Send(good, "Push Hook")),
            ("a system hook", 400, ReasonCodes.EventType, true, () => Send(good, "System Hook")),
            ("one event under another's name", 400, ReasonCodes.EventType, true, () => Send(good, "Job Hook")),
            ("a job under a deployment's name", 400, ReasonCodes.EventType, true, () => Send(GitLabHooks.Job())),
            ("unknown status", 400, ReasonCodes.EventType, true, () => Send(GitLabHooks.Deployment("approved"))),
            ("a job's unknown status", 400, ReasonCodes.EventType, true, () => Job(p => p["build_status"] = "done")),
            ("another project", 403, ReasonCodes.SourceNotEntitled, true, () => Changed(p => p["project"]!["id"] = 23)),
            ("the project's path alone", 403, ReasonCodes.SourceNotEntitled, true, () => Changed(p => p["project"] = new JsonObject { ["path_with_namespace"] = "shop/web" })),
            ("the project as text", 403, ReasonCodes.SourceNotEntitled, true, () => Changed(p => p["project"]!["id"] = "22")),
            ("a job of another project", 403, ReasonCodes.SourceNotEntitled, true, () => Job(p => p["project_id"] = 23)),
            ("no deployment", 400, ReasonCodes.ApprovalMalformed, true, () => Changed(p => p.Remove("deployment_id"))),
            ("deployment as text", 400, ReasonCodes.ApprovalMalformed, true, () => Changed(p => p["deployment_id"] = "15/../../jobs/1")),
            ("a job that is none", 400, ReasonCodes.ApprovalMalformed, true, () => Changed(p => p["deployable_id"] = -302)),
            ("no environment", 400, ReasonCodes.ApprovalMalformed, true, () => Changed(p => p.Remove("environment"))),
            ("NUL in an environment", 400, ReasonCodes.ApprovalMalformed, true, () => Changed(p => p["environment"] = "production\0")),
            ("no job", 400, ReasonCodes.ApprovalMalformed, true, () => Job(p => p.Remove("build_id"))),
            ("member twice", 400, ReasonCodes.ApprovalMalformed, true, () => Send(good[..^1] + ",\"status\":\"running\"}")),
            ("trailing data", 400, ReasonCodes.ApprovalMalformed, true, () => Send(good + "[]")),
        ];
        foreach (var (what, status, code, recorded, send) in cases) await scene.RefusedAsync(what, status, code, recorded, send);
        Assert.Empty(scene.GitLab.Asked);
    }

    /// <summary>Events that belong together share an id at GitLab, so that only the body tells one from another.</summary>
    [Fact]
    public async Task A_webhook_counts_once_by_its_body()
    {
        await using var scene = await SourcesScene.StartAsync();
        await SourcesScene.AcceptedAsync(scene.SendGitLabAsync("Deployment Hook", GitLabHooks.Deployment(), id: "one"));
        await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
        await scene.RefusedAsync("same body", 409, ReasonCodes.ApprovalReplayed, true, () => scene.SendGitLabAsync("Deployment Hook", GitLabHooks.Deployment(), id: "two"));
        await SourcesScene.AcceptedAsync(scene.SendGitLabAsync("Deployment Hook", GitLabHooks.Deployment("canceled"), id: "one"));
    }

    /// <summary>The webhook is authentic; what it says is not so, or not any more.</summary>
    [Fact]
    public async Task What_the_API_does_not_confirm_is_refused_and_recorded()
    {
        await using var scene = await SourcesScene.StartAsync();
        var gitlab = scene.GitLab;
        JsonObject Deployable() => gitlab.DeploymentJson["deployable"]!.AsObject();
        static JsonObject Bob(string name = "bob") => GitLabStandIn.Account(GitLabStandIn.Bob, name);
        (string What, string Code, Action Change)[] cases =
        [
            ("another deployment", ReasonCodes.StateMismatch, () => gitlab.DeploymentJson["id"] = 16),
            ("deployment as text", ReasonCodes.StateMismatch, () => gitlab.DeploymentJson["id"] = "15"),
            ("another environment", ReasonCodes.StateMismatch, () => gitlab.DeploymentJson["environment"]!["name"] = "staging"),
            ("another job", ReasonCodes.StateMismatch, () => Deployable()["id"] = 303),
            ("no job", ReasonCodes.StateMismatch, () => gitlab.DeploymentJson["deployable"] = null),
            ("an answer that is a list", ReasonCodes.StateMismatch, () => gitlab.Instead["/deployments/15"] = (200, "[1]", [])),
            ("still waits", ReasonCodes.ApprovalPending, () => gitlab.DeploymentJson["pending_approval_count"] = 1),
            ("a GitLab that tells of no approvals", ReasonCodes.ApprovalPending, () => gitlab.DeploymentJson.Remove("pending_approval_count")),
            ("a count as text", ReasonCodes.ApprovalPending, () => gitlab.DeploymentJson["pending_approval_count"] = "0"),
            ("nobody approved", ReasonCodes.ApprovalPending, () => gitlab.Approvals.Clear()),
            ("approvals that are no list", ReasonCodes.ApprovalPending, () => gitlab.DeploymentJson["approvals"] = "bob"),
            ("an approval that is neither", ReasonCodes.ApprovalPending, () => gitlab.Approvals[0]!["status"] = "pending"),
            ("still blocked", ReasonCodes.ApprovalPending, () => gitlab.DeploymentJson["status"] = "blocked"),
            ("an approval by nobody", ReasonCodes.StateMismatch, () => gitlab.Approvals[0]!["user"] = null),
            ("job of another project", ReasonCodes.StateMismatch, () => gitlab.JobJson["pipeline"]!["project_id"] = 23),
            ("job of another pipeline", ReasonCodes.StateMismatch, () => gitlab.JobJson["pipeline"]!["id"] = 300),
            ("jobs without pipeline", ReasonCodes.StateMismatch, () => { gitlab.JobJson["pipeline"]!.AsObject().Remove("id"); Deployable().Remove("pipeline"); }),
            ("job over", ReasonCodes.TaskEnded, () => gitlab.JobJson["status"] = "success"),
            ("job being cancelled", ReasonCodes.TaskEnded, () => gitlab.JobJson["status"] = "canceling"),
            ("job with an end", ReasonCodes.TaskEnded, () => gitlab.JobJson["finished_at"] = "2026-07-01T12:05:00.000Z"),
            ("job without status", ReasonCodes.TaskEnded, () => gitlab.JobJson.Remove("status")),
            ("deployment over", ReasonCodes.TaskEnded, () => gitlab.DeploymentJson["status"] = "success"),
            ("deployment that nobody began", ReasonCodes.StateMismatch, () => gitlab.DeploymentJson.Remove("user")),
            ("job that nobody started", ReasonCodes.StateMismatch, () => gitlab.JobJson["user"] = null),
            ("approver began the pipeline", ReasonCodes.SelfApproval, () => gitlab.DeploymentJson["user"] = Bob()),
            ("approver started the job", ReasonCodes.SelfApproval, () => Deployable()["user"] = Bob()),
            ("approver started it meanwhile", ReasonCodes.SelfApproval, () => gitlab.JobJson["user"] = Bob()),
            ("approver under an older name", ReasonCodes.SelfApproval, () => gitlab.DeploymentJson["user"] = Bob("robert")),
        ];
        foreach (var (what, code, change) in cases)
        {
            gitlab.Reset();
            change();
            var recorded = $"type = 'approval.rejected' AND body LIKE '%\"cause\":\"{code}\"%'";
            var before = await scene.CountAsync("audit", recorded);
            await SourcesScene.AcceptedAsync(scene.SendDeploymentAsync(change: p => p["commit_title"] = what));
            await scene.LookUntilAsync(async () => await scene.CountAsync("approval_prompts") == 0);
            Assert.True(await scene.CountAsync("approvals") == 0, what);
            Assert.True(await scene.CountAsync("audit", recorded) == before + 1, $"{what}: {code} was not recorded");
        }

        Assert.Equal("no_approval", (await scene.Scene.ClaimAsync(scene.GitLabJobToken(), "token")).Code);
    }
}
