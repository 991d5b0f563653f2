using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Tests.Sources;

/// <summary>What pipelines say in CDEvents: five things mean something, all else is refused.</summary>
public sealed class CDEventTests
{
    [Fact]
    public async Task R47_A_pipeline_approves_by_deploying_and_ends_the_task_by_finishing()
    {
        await using var scene = await SourcesScene.StartAsync();
        var approval = scene.Approval(("task", "run-17"));
        var pod = approval["instance"]!.GetValue<string>();
        await SourcesScene.AcceptedAsync(scene.SendAsync(Hook(scene, "service.deployed.0.2.0", "service", Content(), approval)));
        var claim = await scene.Scene.ClaimAsync(scene.Hostile.Token(pod), "token");
        Assert.Equal(HttpStatusCode.Created, claim.Status);
        await SourcesScene.AcceptedAsync(scene.SendAsync(Hook(scene, "taskrun.finished.0.2.0", "taskRun", new JsonObject { ["outcome"] = "success", ["taskName"] = "deploy" }, null, "run-17")));
        var lease = await scene.Scene.LeaseUntilAsync(claim.Json.GetProperty("lease").GetProperty("id").GetString()!, "ended");
        Assert.Equal("task_end", lease.GetProperty("cause").GetString());
    }

    [Theory]
    [InlineData("service.upgraded.0.2.0", "service", "confirmed")]
    [InlineData("service.removed.0.2.0", "service", "withdrawn")]
    [InlineData("service.rolledback.0.3.0-draft", "service", "withdrawn")]
    [InlineData("approval.closed.0.1.0", "approval", "confirmed")]
    public async Task Known_types_are_heard(string type, string subject, string state)
    {
        await using var scene = await SourcesScene.StartAsync();
        var approval = state == "withdrawn" ? new JsonObject { ["ref"] = "ref-1" } : scene.Approval(("ref", "ref-1"));
        var content = type.StartsWith("approval", StringComparison.Ordinal) ? Decision("approved", "bob") : Content();
        await SourcesScene.AcceptedAsync(scene.SendAsync(Hook(scene, type, subject, content, approval)));
        Assert.Contains($"\"state\":\"{state}\"", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_other_type_and_what_contradicts_itself_is_refused()
    {
        await using var scene = await SourcesScene.StartAsync();
        Hook Deployed(Action<JsonObject>? change = null, JsonObject? content = null, JsonObject? approval = null, string subject = "service") =>
            Hook(scene, "service.deployed.0.2.0", subject, content ?? Content(), approval ?? scene.Approval(), change: change);
        Hook Closed(string decision, string responder) => Hook(scene, "approval.closed.0.1.0", "approval", Decision(decision, responder), scene.Approval());
        Hook Typed(string type) => Hook(scene, type, "service", Content(), scene.Approval());
        (string What, int Status, string Code, Hook Hook)[] cases =
        [
            ("the broker's own type", 400, ReasonCodes.EventType, scene.Hook(scene.Event(scene.Approval()), "cd")),
            ("a task that starts", 400, ReasonCodes.EventType, Typed("taskrun.started.0.2.0")),
            ("an approval that is only asked for", 400, ReasonCodes.EventType, Typed("approval.created.0.1.0")),
            ("another version", 400, ReasonCodes.EventType, Typed("service.deployed.1.0.0")),
            ("no version", 400, ReasonCodes.EventType, Typed("service.deployed")),
            ("context of another event", 400, ReasonCodes.ApprovalMalformed, Deployed(d => d["context"]!["id"] = "other")),
            ("context of another type", 400, ReasonCodes.ApprovalMalformed, Deployed(d => d["context"]!["type"] = "dev.cdevents.service.removed.0.2.0")),
            ("context of another source", 400, ReasonCodes.ApprovalMalformed, Deployed(d => d["context"]!["source"] = "/x")),
            ("context without version", 400, ReasonCodes.ApprovalMalformed, Deployed(d => d["context"]!.AsObject().Remove("version"))),
            ("unknown member of the context", 400, ReasonCodes.ApprovalMalformed, Deployed(d => d["context"]!["trust"] = "me")),
            ("unknown member of the subject", 400, ReasonCodes.ApprovalMalformed, Deployed(d => d["subject"]!["trust"] = "me")),
            ("another subject", 400, ReasonCodes.ApprovalMalformed, Deployed(subject: "taskRun")),
            ("no document", 400, ReasonCodes.ApprovalMalformed, Deployed(d => d.Remove("customData"))),
            ("no environment", 400, ReasonCodes.ApprovalMalformed, Deployed(content: new JsonObject { ["artifactId"] = "pkg:oci/shop" })),
            ("another environment than approved", 400, ReasonCodes.ApprovalMalformed, Deployed(content: Content("prod"))),
            ("another environment in both", 403, ReasonCodes.SourceNotEntitled, Deployed(content: Content("prod"), approval: scene.Approval(("environment", "prod")))),
            ("decision that is none", 400, ReasonCodes.ApprovalMalformed, Closed("maybe", "bob")),
            ("responder who is no approver", 400, ReasonCodes.ApprovalMalformed, Closed("approved", "mallory")),
            ("task of nobody", 403, ReasonCodes.SourceNotEntitled, Hook(scene, "pipelinerun.finished.0.2.0", "pipelineRun", [], null, "theirs")),
        ];
        foreach (var (what, status, code, hook) in cases) await scene.RefusedAsync(what, status, code, recorded: true, () => scene.SendAsync(hook));
    }

    private static JsonObject Content(string environment = "test") => new() { ["environment"] = new JsonObject { ["id"] = environment }, ["artifactId"] = "pkg:oci/shop@sha256%3A00" };

    private static JsonObject Decision(string decision, string responder) => new() { ["decision"] = decision, ["requestor"] = "alice", ["responder"] = responder };

    private static Hook Hook(SourcesScene scene, string type, string subject, JsonObject content, JsonObject? approval, string subjectId = "shop", Action<JsonObject>? change = null)
    {
        var written = scene.Event(null, changes: ("type", $"dev.cdevents.{type}"));
        var data = new JsonObject
        {
            ["context"] = new JsonObject
            {
                ["version"] = "0.4.1", ["id"] = written["id"]!.DeepClone(), ["source"] = SourcesScene.EventSource, ["type"] = $"dev.cdevents.{type}", ["timestamp"] = written["time"]!.DeepClone(),
            },
            ["subject"] = new JsonObject { ["id"] = subjectId, ["type"] = subject, ["content"] = content },
        };
        if (approval is not null) data["customData"] = new JsonObject { ["approval"] = approval };
        change?.Invoke(data);
        written["data"] = data;
        return scene.Hook(written, "cd");
    }
}
