using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>What approval sources, and those who pretend to be one, cannot get in.</summary>
public sealed class ApprovalRefusalTests
{
    [Fact]
    public async Task Forged_and_malformed_approvals_are_refused_and_leave_nothing()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token());
        var scene = hostile.Scene;
        using var stranger = TestKey.Make("gate-h", "ES256");
        JsonObject Good(params (string Name, JsonNode? Value)[] changes) => scene.ApprovalOf(scene.NewPod(), "token", changes);
        string Payload(Action<JsonObject>? change = null)
        {
            var payload = hostile.Payload(Good());
            change?.Invoke(payload);
            return payload.ToJsonString();
        }

        var parts = hostile.SignApproval(Payload()).Split('.');
        var none = Encoding.UTF8.GetBytes("""{"alg":"none","kid":"gate-h","typ":"admission-approval+jwt"}""");
        var past = hostile.Clock.GetUtcNow().AddHours(-2).ToUnixTimeSeconds();
        (string What, int Status, string Code, string Document)[] cases =
        [
            ("alg none", 401, "evidence_algorithm", TestIssuer.Sign(none, Encoding.UTF8.GetBytes(Payload()), _ => [])),
            ("signature taken off", 401, "evidence_signature", $"{parts[0]}.{parts[1]}."),
            ("wrongly signed", 401, "evidence_signature", hostile.Gate.Sign(HostileScene.ApprovalHeader().ToJsonString(), Payload(), stranger)),
            ("payload of another", 401, "evidence_signature", $"{parts[0]}.{hostile.SignApproval(Payload()).Split('.')[1]}.{parts[2]}"),
            ("expired", 401, "evidence_lifetime", hostile.SignApproval(Payload(p => (p["iat"], p["exp"]) = (past, past + 300)))),
            ("another issuer", 401, "evidence_untrusted_issuer", hostile.SignApproval(Payload(p => p["iss"] = "https://other.test"))),
            ("another audience", 401, "evidence_audience", hostile.SignApproval(Payload(p => p["aud"] = "other"))),
            ("no jti", 400, "approval_malformed", hostile.SignApproval(Payload(p => p.Remove("jti")))),
            ("duplicate members", 401, "evidence_malformed", hostile.SignApproval(Payload()[..^1] + ""","jti":"twice"}""")),
            ("trailing data", 401, "evidence_malformed", hostile.SignApproval(Payload() + "{}")),
            ("data after the signature", 401, "evidence_malformed", hostile.SignApproval(Payload()) + ".more"),
            ("oversized", 413, "request_too_large", new string('a', (16 * 1024) + 1)),
            ("empty", 401, "evidence_malformed", ""),
            ("unknown member", 400, "approval_malformed", hostile.SignApproval(Good(("admin", true)))),
            ("wildcard workload", 400, "approval_malformed", hostile.SignApproval(Good(("workload", "k8s://cluster/shop/*")))),
            ("NUL in a text", 400, "approval_malformed", hostile.SignApproval(Good(("ref", "a\0b")))),
            ("another environment", 403, "source_not_entitled", hostile.SignApproval(Good(("environment", "prod")))),
            ("template not entitled", 403, "source_not_entitled", hostile.SignApproval(Good(("templates", new JsonArray("token", "root"))))),
            ("self approval", 403, "self_approval", hostile.SignApproval(Good(("approvers", new JsonArray("ALICE"))))),
        ];
        foreach (var (what, status, code, document) in cases)
        {
            await hostile.RefusedAsync(status, code, decided: false, what, () => scene.ApproveAsync(document));
        }

        await hostile.RefusedAsync(404, "source_unknown", false, "unknown source", () => scene.ApproveAsync(hostile.SignApproval(Good()), "nobody"));
        await hostile.RefusedAsync(400, "request_malformed", false, "wrong content type", () =>
            scene.SendAsync(HttpMethod.Post, "/v1/approvals/gate", null, new StringContent(hostile.SignApproval(Good()), Encoding.ASCII, "application/json")));
        await hostile.RefusedAsync(413, "request_too_large", false, "chunked beyond every limit", () =>
            scene.SendAsync(HttpMethod.Post, "/v1/approvals/gate", null, Chunked(new string('a', 300_000), "application/jose")));
    }

    [Fact]
    public async Task An_approval_event_counts_once_whoever_brings_it()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token());
        var scene = hostile.Scene;
        var document = hostile.SignApproval(scene.ApprovalOf(scene.NewPod(), "token"));
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => scene.ApproveAsync(document)));
        Assert.Single(replies, r => r.Status == HttpStatusCode.Accepted);
        Assert.All(replies.Where(r => r.Status != HttpStatusCode.Accepted), r => Assert.Equal((HttpStatusCode.Conflict, "approval_replayed"), (r.Status, r.Code)));
        await hostile.RefusedAsync(409, "approval_replayed", false, "replayed later", () => scene.ApproveAsync(document));
    }

    [Fact]
    public async Task An_approval_that_was_denied_cannot_be_approved_afterwards()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token());
        var scene = hostile.Scene;
        var pod = scene.NewPod();
        var approval = scene.ApprovalOf(pod, "token");
        await scene.ApproveAsync(hostile.SignApproval(approval));
        await scene.ApproveAsync(hostile.SignApproval(new JsonObject { ["ref"] = approval["ref"]!.DeepClone(), ["effect"] = "denied" }));
        await hostile.RefusedAsync(409, "approval_final", false, "approved again", () => scene.ApproveAsync(hostile.SignApproval(approval)));
        await hostile.RefusedAsync(403, "approval_denied", true, "claimed", () => scene.ClaimAsync(hostile.Token(pod), "token"));
    }

    private static StreamContent Chunked(string text, string type)
    {
        var content = new StreamContent(new Unsized(Encoding.ASCII.GetBytes(text)));
        content.Headers.ContentType = new(type);
        return content;
    }

    /// <summary>A stream that does not tell its length, so that it is sent in chunks.</summary>
    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
